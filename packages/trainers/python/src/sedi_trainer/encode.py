"""Examples as tokens: which are shown, and which are learned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2.exceptions import TemplateError, TemplateSyntaxError

from .job import Example, Job, JobError

#: What takes no part in the loss; PyTorch's and transformers' own value.
IGNORED = -100


@dataclass(frozen=True)
class Row:
    id: str
    tokens: list[int]
    #: As long as `tokens`; IGNORED where nothing is learned.
    labels: list[int]
    truncated: bool

    @property
    def targets(self) -> int:
        """Tokens that are predicted and learned: the first token has nothing before it."""
        return sum(label != IGNORED for label in self.labels[1:])


def load_template(tokenizer, job: Job) -> str:
    """`chat` or `plain`. Sets the tokenizer's template when the job names a file. Raises JobError `template` when there is none to use."""
    if job.chat_template == "plain":
        return "plain"
    if job.chat_template != "auto":
        try:
            tokenizer.chat_template = Path(job.chat_template).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise JobError("template", f"trainer.chatTemplate: {job.chat_template} cannot be read: {error}") from error
    if tokenizer.chat_template is None:
        raise JobError(
            "template",
            f"the tokenizer of {job.base_model} has no chat template. Set trainer.chatTemplate to a Jinja file, or to plain to train on the prompt followed by the answer.",
        )
    return "chat"


def encode(example: Example, tokenizer, form: str, max_length: int) -> Row:
    """Prompt and completion as one sequence whose labels are the completion and the end of the answer."""
    prompt, whole = _plain(example, tokenizer) if form == "plain" else _chat(example, tokenizer)
    labels = [IGNORED] * len(prompt) + whole[len(prompt) :]
    return Row(example.id, whole[:max_length], labels[:max_length], len(whole) > max_length)


def _plain(example: Example, tokenizer) -> tuple[list[int], list[int]]:
    prompt = tokenizer(example.prompt, add_special_tokens=True)["input_ids"]
    # A tokenizer that ends every text would end the prompt.
    if prompt and tokenizer.eos_token_id is not None and prompt[-1] == tokenizer.eos_token_id:
        prompt = prompt[:-1]
    answer = tokenizer(example.completion, add_special_tokens=False)["input_ids"]
    end = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
    return prompt, prompt + answer + end


def _chat(example: Example, tokenizer) -> tuple[list[int], list[int]]:
    asked = [{"role": "user", "content": example.prompt}]
    answered = [*asked, {"role": "assistant", "content": example.completion}]
    try:
        prompt = token_ids(tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=True))
        whole = token_ids(tokenizer.apply_chat_template(answered, add_generation_prompt=False, tokenize=True))
    except TemplateError as error:
        line = f" (line {error.lineno})" if isinstance(error, TemplateSyntaxError) else ""
        raise JobError("template", f"the chat template cannot be used for example {example.id}: {error}{line}. Set trainer.chatTemplate to another one, or to plain.") from error
    if whole[: len(prompt)] != prompt:
        raise JobError(
            "template",
            f"the chat template writes the prompt of example {example.id} differently when an answer follows, so the answer cannot be told from it. Set trainer.chatTemplate to another template, or to plain.",
        )
    return prompt, whole


def token_ids(encoded) -> list[int]:
    """apply_chat_template gives a list or, since transformers 5, an encoding."""
    return list(encoded["input_ids"] if hasattr(encoded, "keys") else encoded)


def encode_all(job: Job, tokenizer) -> tuple[list[Row], list[str]]:
    """All rows and what their user should know. Raises JobError `too-long` when the job refuses long examples."""
    form = load_template(tokenizer, job)
    rows = [encode(example, tokenizer, form, job.max_length) for example in job.examples]
    cut = [row for row in rows if row.truncated]
    if cut and job.too_long == "refuse":
        raise JobError(
            "too-long", f"{len(cut)} of {len(rows)} examples are longer than {job.max_length} tokens, the first is {cut[0].id}. Raise training.maxLength, or set trainer.tooLong to truncate."
        )
    warnings = [f"{len(cut)} of {len(rows)} examples were cut at {job.max_length} tokens, the first is {cut[0].id}"] if cut else []
    silent = [row for row in rows if row.targets == 0]
    if silent:
        warnings.append(f"{len(silent)} examples have no room left for an answer and teach nothing, the first is {silent[0].id}")
    return rows, warnings
