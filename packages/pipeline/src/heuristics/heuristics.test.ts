import { describe, expect, it } from 'vitest'
import { heuristics } from './registry.gen.ts'

const selfInstruct = heuristics['self-instruct']
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

describe('self-instruct heuristics', () => {
  // What bootstrap_instructions.py (post_process_gpt3_response) keeps and drops; a text is capitalised there, so case does not matter.
  it.each([
    ['Name three rivers that flow north.', undefined],
    ['Name three rivers', /^length: 3 words/],
    ['Describe the IMAGES in this text.', /^blacklist: “IMAGES”/],
    ['Write a song about music and video.', undefined],
    ['Write A Program that adds two numbers.', /^program/],
    ['(Optional) name a river in Spain', /^first character: “\(”/],
    ['😀 name a river in Spain', /^first character: “😀” is not ASCII/],
  ])('%j', (instruction, wanted) => {
    const found = selfInstruct.check({ instruction, input: '', output: '' })
    if (wanted === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(wanted)
  })

  // prepare_for_finetuning.py (filter_invalid_instances).
  it.each([
    ['3 4', '7', undefined],
    ['', '7', undefined],
    ['', ' \n', 'empty output: there is no output'],
    ['3 4', ' 3 4', 'copied input: the output repeats the input'],
    ['Numbers:', '7', 'unfinished: the input ends in a colon'],
    ['3 4', 'The sum is: ', 'unfinished: the output ends in a colon'],
  ])('input %j, output %j', (input, output, wanted) => {
    expect(selfInstruct.checkAnswer({ instruction: 'Add the numbers given below.', input, output })).toBe(wanted)
  })

  it('asks nothing of the output before there is one', () => {
    expect(selfInstruct.check({ instruction: 'Add the numbers given below.', input: '', output: '' })).toBeUndefined()
  })
})
