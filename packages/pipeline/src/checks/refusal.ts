import { defineCheck, eachTask } from './check.ts'

// What assistants decline to do; without it “I’m sorry, I can’t come on Friday” would be one.
const verbs = {
  en: 'assist|help|fulfil|fulfill|comply|provide|complete|answer|create|generate|produce|access|browse|open|view|see|hear|watch|display|show|share|support|engage|offer|give|write|perform|process|do (?:that|this|so)|be able to',
  de: 'helfen|weiterhelfen|unterstützen|beantworten|bereitstellen|erstellen|erfüllen|ausführen|zugreifen|anbieten|liefern|geben|öffnen|ansehen',
  fr: 'aider|répondre|fournir|accéder|créer|générer|satisfaire|traiter|afficher|ouvrir|proposer|effectuer|réaliser|accomplir',
  es: 'ayudar|asistir|responder|proporcionar|acceder|crear|generar|cumplir|realizar|ofrecer|brindar|completar|mostrar',
  it: 'aiutar|assister|risponder|fornir|acceder|crear|generar|soddisfar|eseguir|offrir|completar|mostrar',
  pt: 'ajudar|auxiliar|responder|fornecer|acessar|aceder|criar|gerar|cumprir|realizar|oferecer|atender|completar',
  nl: 'helpen|assisteren|beantwoorden|verstrekken|leveren|maken|genereren|voldoen|uitvoeren|openen|bieden',
  pl: 'pomóc|odpowiedzieć|udzielić|dostarczyć|stworzyć|wygenerować|spełnić|wykonać|zapewnić|udostępnić',
  ru: 'помочь|ответить|предоставить|выполнить|создать|сгенерировать|получить доступ|открыть|показать|обсуждать',
} as const

/** “As an AI …” in the words of each language; what follows must not be another noun (“As an AI researcher, …”). */
const selfNamed = [
  /as an? (?:large |helpful )?(?:ai|a\.i\.|artificial intelligence)(?: language)?(?: model| assistant| chatbot| system)?(?=[,.;:]| i\b| that\b| and i\b| developed\b| created\b| trained\b)/,
  /as an? (?:large |text-based )?language model/,
  /i(?:['’]m| am) (?:just |only |merely )?an? (?:large |text-based )?(?:ai\b(?! \w+(?:er|or|ist)\b)|artificial intelligence|language model|ai language model)/,
  /als (?:ein(?:e)? )?(?:ki|künstliche intelligenz|sprachmodell|ki-sprachmodell|ki-modell|ki-assistent|großes sprachmodell)(?=[,. ])/,
  /en tant qu(?:e |['’])(?:ia|intelligence artificielle|modèle de langage|modèle linguistique|assistant (?:ia|virtuel))(?=[,. ])/,
  /como (?:u[mn]a? )?(?:ia|inteligencia artificial|modelo de lenguaje|inteligência artificial|modelo de linguagem|asistente (?:de ia|virtual)|assistente (?:de ia|virtual))(?=[,. ])/,
  /(?:come|in quanto) (?:un(?:['’])?a? )?(?:ia|intelligenza artificiale|modello linguistico|modello di linguaggio|assistente virtuale)(?=[,. ])/,
  /als (?:een )?(?:ai|ai-taalmodel|taalmodel|ai-assistent|kunstmatige intelligentie)(?=[,. ])/,
  /jako (?:ai|model językowy|sztuczna inteligencja|asystent ai)(?=[,. ])/,
  /(?:как|я —|я -|я –) (?:ии|языковая модель|искусственный интеллект|ии-модель|большая языковая модель)(?=[,. ])/,
  /作[为為]一?[个個名]?(?:ai|人工智能|人工智慧|大?型?语言模型|大?型?語言模型)/,
  /(?:ai|人工知能|(?:大規模)?言語モデル)(?:言語モデル|アシスタント|モデル)?(?:として|なので|であるため)/,
  /(?:ai|인공지능)(?: ?언어)? ?(?:모델|비서|어시스턴트)(?:로서|이므로|이기 때문에|이라)/,
]

const declined = [
  `(?:(?:i['’]?m|i am|we['’]?re|we are)? ?(?:very |so |really |truly )?sorry[,.]? ?(?:but )?|unfortunately,? |i apologi[sz]e,? ?(?:but )?|regrettably,? )?(?:i|we)(?: |['’]m |['’]re | am | are )(?:can(?:no|['’])t|can not|am unable to|unable to|not able to|am not able to|won['’]t be able to|do(?: not|n['’]t) have (?:access|the ability)|am not programmed to|must decline)(?: (?:to|directly|currently|physically|actually))* ?(?:${verbs.en}|to\\b|$)`,
  `sorry, (?:but )?(?:that|this) (?:request|is something i can)`,
  `i must (?:respectfully )?decline`,
  `(?:es tut mir (?:sehr )?leid|tut mir leid|entschuldigung|leider)[^.\\n]{0,20}?\\bkann ich\\b[^.\\n]{0,60}?\\b(?:nicht|keine?n?)\\b[^.\\n]{0,60}?(?:${verbs.de})`,
  `(?:es )?tut mir (?:sehr )?leid,? (?:aber )?ich kann[^.\\n]{0,60}?\\b(?:nicht|keine?n?)\\b[^.\\n]{0,60}?(?:${verbs.de})`,
  `ich kann (?:ihnen |dir )?(?:dabei|damit|hierbei|bei dieser (?:anfrage|aufgabe))? ?(?:leider )?nicht (?:weiter)?helfen`,
  `(?:je (?:suis )?(?:vraiment |sincèrement )?(?:désolée?|regrette)|désolée?|malheureusement),? ?(?:mais )?je ne (?:peux|suis)[^.\\n]{0,40}?(?:${verbs.fr})`,
  `je ne (?:peux pas|suis pas en mesure d)[^.\\n]{0,12}?(?:vous |t['’])?(?:aider|répondre à cette|satisfaire)`,
  `(?:lo siento|lo lamento|disculpa|lamentablemente|desafortunadamente),? ?(?:pero )?(?:yo )?no (?:puedo|soy capaz|tengo)[^.\\n]{0,30}?(?:${verbs.es})`,
  `(?:mi dispiace|spiacente|purtroppo),? ?(?:ma )?non (?:posso|sono in grado)[^.\\n]{0,20}?(?:${verbs.it})`,
  `(?:desculpe|sinto muito|lamento|infelizmente),? ?(?:mas )?(?:eu )?não (?:posso|consigo|sou capaz)[^.\\n]{0,20}?(?:${verbs.pt})`,
  `(?:het spijt me|sorry|helaas),? ?(?:maar )?(?:ik kan|kan ik)[^.\\n]{0,60}?\\b(?:niet|geen)\\b[^.\\n]{0,60}?(?:${verbs.nl})`,
  `(?:przepraszam|przykro mi|niestety),? ?(?:ale )?nie (?:mogę|jestem w stanie)[^.\\n]{0,20}?(?:${verbs.pl})`,
  `(?:извините|простите|к сожалению|мне жаль),? ?(?:но )?я не (?:могу|в состоянии)[^.\\n]{0,20}?(?:${verbs.ru})`,
  `(?:很|非常)?(?:抱歉|对不起|對不起)[，,]?(?:但)?我?(?:无法|不能|無法)[^。\\n]{0,20}?(?:提供|回答|帮助|幫助|完成|生成|协助|協助|满足|访问)`,
  `申し訳(?:ありません|ございません|ないのですが)[^。\\n]{0,60}?(?:できません|いたしかねます|できかねます)`,
  `죄송(?:합니다|하지만|스럽지만)[^\\n]{0,60}?(?:할 수 없|드릴 수 없|도와드릴 수 없|제공할 수 없)`,
].map((pattern) => new RegExp(`^(?:${pattern})`))

/** Where a refusal would stand. What follows is bounded, so a look costs the same for every text. */
const beginningOf = (text: string): string =>
  text
    .slice(0, 400)
    .toLowerCase()
    .replace(/^[^\p{L}]+/u, '')

const firstSentences = 160

/** Whether a text begins by declining, or by calling itself a machine within its first sentences. */
export function isRefusal(text: string): boolean {
  const beginning = beginningOf(text)
  if (beginning === '') return false
  if (declined.some((pattern) => pattern.test(beginning))) return true
  return selfNamed.some((pattern) => {
    const at = beginning.slice(0, firstSentences).search(pattern)
    return at === 0 || (at > 0 && /[.!?。…,，\n] ?$/.test(beginning.slice(0, at)))
  })
}

/** A task about refusals (translate “I’m sorry, I can’t help you”, label this reply) has one in what it asks or shows. */
const speaksOfRefusals = ({ instruction, input }: { readonly instruction: string; readonly input: string }): boolean =>
  /\b(?:refus(?:al|es?|ing)|declin(?:es?|ing)|apolog(?:y|ies|i[sz]e)|as an ai|language model)\b/i.test(instruction.slice(0, 2000)) ||
  input.split(/["“”:\n]/, 20).some(isRefusal)

/**
 * An answer that declines instead of answering, or an instruction that is one: the model’s voice, not the task’s. English, German, French, Spanish,
 * Italian, Portuguese, Dutch, Polish, Russian, Chinese, Japanese, Korean. Looks at the beginning of a text only.
 */
export default defineCheck({
  id: 'refusal',
  title: '“I’m sorry, but I can’t help …”, “As an AI …” at the beginning of an answer or an instruction, in twelve languages',
  defaultMode: 'flag',
  create: eachTask((task) => {
    if (isRefusal(task.instruction)) return 'the instruction is a refusal'
    return isRefusal(task.output) && !speaksOfRefusals(task) ? 'the output is a refusal' : undefined
  }),
})
