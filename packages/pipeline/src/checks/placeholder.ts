import { defineCheck, eachTask } from './check.ts'

const wholeAnswer =
  /^(?:<?no ?(?:output|answer|response)>?|<(?:output|answer|response|noinput)>|n\/?a|tb[da]|todo|\.{2,}|…|-+|_+|[[<{]{1,2}[^\]>}\n]{0,40}\b(?:answer|output|response|result|solution|text|your|insert|todo)\b[^\]>}\n]{0,40}[\]>}]{1,2}|lorem ipsum\b.{0,2000})\.?$/is
const codeOnly = /^```[\w+-]*\s*```$/
const toBeFilled = /\[(?:insert|your|enter|add|fill in|name of)\b[^\]\n]{0,60}\]|<(?:insert|your|enter)\b[^>\n]{0,60}>/i
const wantsTemplate = /\b(?:template|placeholder|form letter|boilerplate|fill[- ]in|html|xml|tag|regex|regular expression)\b|\[|</i

/**
 * An answer that only stands for one: “N/A”, “[your answer]”, an empty code block, or one with `[insert name]` left open where nobody asked for a template.
 * “None” is passed: it answers many questions.
 */
export default defineCheck({
  id: 'placeholder',
  title: 'answers that only stand for one: “N/A”, “TODO”, “[your answer]”, an empty code block, “[insert name]”',
  defaultMode: 'flag',
  create: eachTask(({ instruction, input, output }) => {
    const answer = output.trim()
    if (answer === '') return undefined
    const asked = `${instruction.slice(0, 2000)}\n${input.slice(0, 2000)}`
    if ((wholeAnswer.test(answer.slice(0, 2100)) || codeOnly.test(answer.slice(0, 100))) && !asked.toLowerCase().includes(answer.toLowerCase()))
      return 'the output is a placeholder'
    const open = toBeFilled.exec(output)?.[0]
    return open === undefined || wantsTemplate.test(asked) ? undefined : `the output leaves “${open}” to be filled in`
  }),
})
