// By the prefixes their issuers document, so that keys can be recognised in leaks. Lengths bounded.
const issued = [
  /\bsk-(?:proj-|svcacct-|ant-|or-)?[A-Za-z0-9_-]{24,200}/g, // OpenAI, Anthropic, OpenRouter, DeepSeek
  /\bhf_[A-Za-z0-9]{30,40}\b/g, // Hugging Face
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, // AWS access key id
  /\bgh[pousr]_[A-Za-z0-9]{36,200}\b/g, // GitHub
  /\bgithub_pat_[A-Za-z0-9_]{40,200}\b/g,
  /\bglpat-[A-Za-z0-9_-]{20,40}/g, // GitLab
  /\bxox[abeoprs]-[A-Za-z0-9-]{20,200}/g, // Slack
  /\bAIza[A-Za-z0-9_-]{35}\b/g, // Google
  /\b[rs]k_live_[A-Za-z0-9]{20,200}\b/g, // Stripe
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\beyJ[A-Za-z0-9_-]{10,400}\.eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{16,700}/g, // JSON web token
] as const

const privateKey = /-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY-----\s{0,4}[A-Za-z0-9+/=]{32}/

/** Keys by their issuers' prefixes, and private keys in PEM form; placeholders (few different characters, “example”, “your”) are passed. */
export function hasApiKey(text: string): boolean {
  if (privateKey.test(text)) return true
  return issued.some((pattern) => {
    for (const [found] of text.matchAll(pattern)) if (!isPlaceholder(found)) return true
    return false
  })
}

function isPlaceholder(key: string): boolean {
  return new Set(key).size < 14 || /example|your|xxxx|placeholder|1234567|abcdefg/i.test(key)
}
