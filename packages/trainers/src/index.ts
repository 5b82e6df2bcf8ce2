export { trainers } from './backends/registry.gen.ts'
export { defineTrainer, type TrainerContext, type TrainerDefinition } from './define-trainer.ts'
export { exportModel } from './embedded/export-model.ts'
export { trainerCapabilities, trainerNotes } from './trainer-capabilities.ts'
