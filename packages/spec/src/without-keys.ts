/** By the ends of names that keys have: OPENAI_API_KEY, AWS_SECRET_ACCESS_KEY, GITHUB_TOKEN, PGPASSWORD, MYSQL_PWD, OTEL_EXPORTER_OTLP_HEADERS. */
const looksLikeKey =
  /(?:API_?KEYS?|(?:^|_)(?:KEYS?|TOKEN|SECRETS?|JWT|PAT|PASSPHRASE|CREDENTIALS?)|PASSWORDS?|PASSWD|(?:SQL|DB|REDIS)_PWD)(?:_?\d+)?$|^OTEL_\w*HEADERS$/i

/** What fetches models and data sets from the Hugging Face hub shows there, under its present and its former name. */
export const hubKeyVariables: readonly string[] = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']

/**
 * An environment for a program that is not ours to vouch for (training code, tasks of a benchmark, a script): without variables whose names look like
 * those of keys, except `needed` ones. Paths, proxies and settings of libraries stay.
 */
export function withoutKeys(environment: Readonly<Record<string, string | undefined>>, needed: readonly string[] = []): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => needed.includes(name) || !looksLikeKey.test(name)))
}
