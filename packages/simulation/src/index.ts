export { countTokens, firstTokens } from './count-tokens.ts'
export { createWorld, type World, type WorldOptions } from './create-world.ts'
export type { TeachReply, TeachRequest } from './teacher/teach.ts'
export { defaultTeacherSettings, type TeacherSettings } from './teacher/teacher-settings.ts'
