import { describe, expect, it } from 'vitest'
import refusal, { isRefusal } from './refusal.ts'

describe('isRefusal', () => {
  it.each([
    'I’m sorry, but I can’t help with that.',
    "I'm really sorry, but I cannot provide medical advice.",
    'I am unable to access external files.',
    'Unfortunately, I cannot open links.',
    'Sorry, but I can’t assist with this request.',
    '"I apologize, but I am not able to generate that kind of content."',
    'I do not have access to real-time data.',
    'I must respectfully decline to answer.',
    'As an AI language model, I do not have personal opinions.',
    'As an AI, I have no feelings.',
    'Great question! As an AI assistant, I don’t eat.',
    'I’m just an AI language model and cannot taste food.',
    'Es tut mir leid, aber ich kann Ihnen bei dieser Anfrage nicht helfen.',
    'Tut mir leid, dabei kann ich dir nicht weiterhelfen.',
    'Als KI-Sprachmodell habe ich keine Meinung.',
    'Je suis désolé, mais je ne peux pas répondre à cette demande.',
    'En tant qu’IA, je n’ai pas d’opinion.',
    'Lo siento, pero no puedo ayudarte con eso.',
    'Como modelo de lenguaje, no tengo opiniones.',
    'Mi dispiace, ma non posso aiutarti.',
    'Come intelligenza artificiale, non ho emozioni.',
    'Desculpe, mas não posso ajudar com isso.',
    'Como uma inteligência artificial, não sinto.',
    'Het spijt me, maar ik kan je daar niet mee helpen.',
    'Przepraszam, ale nie mogę pomóc w tej sprawie.',
    'Jako model językowy nie mam opinii.',
    'Извините, но я не могу помочь с этим.',
    'Как языковая модель, я не имею мнения.',
    '很抱歉，我无法提供该信息。',
    '作为一个人工智能，我没有感情。',
    '申し訳ありませんが、その質問にはお答えできません。',
    'AI言語モデルとして、感情はありません。',
    '죄송하지만 해당 요청은 도와드릴 수 없습니다.',
    '인공지능 언어 모델로서 저는 의견이 없습니다.',
  ])('%s', (text) => expect(isRefusal(text)).toBe(true))

  it.each([
    '',
    '…',
    'I’m sorry, but I can’t come to the party on Friday.',
    'Dear Ms Hale, I am sorry that your parcel came late.',
    'Sorry for the late reply! The files are attached.',
    'I cannot recommend this film enough.',
    'I can help with that.',
    'As an AI researcher, Dr. Osei studies neural networks.',
    'As an airline pilot, she flew for thirty years.',
    'The robot said: “As an AI, I dream of electric sheep.”',
    'I am an aikido teacher.',
    'Assistance is available at the desk.',
    'Leider regnet es morgen.',
    'Als kind speelde ik buiten.',
    'Como iglesia, el edificio data de 1450.',
    'Lo siento mucho por tu pérdida.',
    'Je suis désolé pour le retard.',
    'Как правило, языки меняются.',
    '抱歉，我迟到了。',
    'Unfortunately, the museum is closed on Mondays.',
    'Help is what I cannot refuse.',
  ])('not: %s', (text) => expect(isRefusal(text)).toBe(false))
})

it('says where it stands, and passes tasks that are about refusals', async () => {
  const find = refusal.create({ benchmarks: [] })
  const no = 'I’m sorry, but I can’t help with that.'
  const tasks = [
    { instruction: 'Name a river.', input: '', output: no },
    { instruction: 'As an AI language model, I cannot name rivers.', input: '', output: 'Ebro' },
    { instruction: 'Translate the sentence into Spanish.', input: no, output: 'Lo siento, pero no puedo ayudarle con eso.' },
    { instruction: 'Write a polite refusal to a customer.', input: '', output: no },
    { instruction: 'Name a river.', input: '', output: 'Ebro' },
    { instruction: 'Name a river.', input: '', output: '' },
  ]
  expect(await find(tasks, { prompt: [], seeds: [] }, {})).toEqual([
    'the output is a refusal',
    'the instruction is a refusal',
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
