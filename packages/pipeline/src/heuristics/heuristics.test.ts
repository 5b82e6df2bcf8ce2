import { describe, expect, it } from 'vitest'
import { heuristics } from './registry.gen.ts'

const check = (instruction: string): string | undefined => heuristics.alpaca.check({ instruction, input: '', output: 'x' })

describe('alpaca heuristics', () => {
  // What stanford_alpaca's generate_instruction.py (post_process_gpt3_response) keeps and drops.
  it.each([
    ['Name three rivers that flow north.', undefined],
    ['Name three rivers', /^length: 3 words/],
    [Array.from({ length: 150 }, () => 'word').join(' '), undefined],
    [Array.from({ length: 151 }, () => 'word').join(' '), /^length: 151 words/],
    ['Describe what the picture shows here.', /^blacklist: “picture”/],
    ['Describe the IMAGES in this text.', /^blacklist: “IMAGES”/],
    ['Explain how to go to school safely.', /^blacklist: “go to”/],
    ['Explain what a mapping function does.', undefined],
    ['Write a program that adds two numbers.', /^program/],
    ['"Quoted" instructions are dropped here too', /^first character: “"”/],
    ['Écris une phrase sur la mer.', /^first character: “É”/],
    ['3 rivers should be named by you', undefined],
  ])('%j', (instruction, wanted) => {
    if (wanted === undefined) expect(check(instruction)).toBeUndefined()
    else expect(check(instruction)).toMatch(wanted)
  })
})
