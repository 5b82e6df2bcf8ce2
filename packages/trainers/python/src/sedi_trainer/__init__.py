"""Fine-tuning that keeps SeDi's batches exactly and gives every batch's signals back.

For a TRL script of your own, three lines are enough::

    from sedi_trainer import ComposedBatches, SignalLog, keep_batches

    trainer = SFTTrainer(..., callbacks=[SignalLog("signals.jsonl")])
    keep_batches(trainer, ComposedBatches.read("batches.jsonl"))
"""

from .batches import ComposedBatches, micro_batches
from .own_script import SignalLog, keep_batches

__all__ = ["ComposedBatches", "SignalLog", "keep_batches", "micro_batches"]
__version__ = "0.1.0"
