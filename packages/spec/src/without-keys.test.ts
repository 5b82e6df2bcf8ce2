import { expect, it } from 'vitest'
import { hubKeyVariables, withoutKeys } from './without-keys.ts'

const environment = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
const kept = (names: readonly string[], needed?: readonly string[]): string[] => Object.keys(withoutKeys(environment(names), needed))

it('takes out what is named like a key', () => {
  const keys = [
    ...['OPENAI_API_KEY', 'AZURE_OPENAI_KEY', 'OPENAIAPIKEY', 'openai_api_key', 'OPENAI_API_KEYS', 'OPENAI_API_KEY_2', 'WANDB_API_KEY', 'SSH_PRIVATE_KEY'],
    ...['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'GITHUB_TOKEN', 'RAY_AUTH_TOKEN', 'SEDI_API_TOKEN', 'HF_TOKEN', 'TOKEN', 'SLURM_JWT'],
    ...['PGPASSWORD', 'MYSQL_PWD', 'DB_PASSWD', 'KEY_PASSPHRASE', 'AZURE_CLIENT_SECRET', 'GOOGLE_APPLICATION_CREDENTIALS', 'AZURE_DEVOPS_EXT_PAT'],
    ...['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'],
  ]
  expect(kept(keys)).toEqual([])
  expect(kept(keys, ['WANDB_API_KEY', ...hubKeyVariables])).toEqual(['WANDB_API_KEY', 'HF_TOKEN'])
})

it('leaves what only resembles one', () => {
  const settings = [
    ...['PATH', 'HOME', 'PWD', 'OLDPWD', 'LANG', 'TOKENIZERS_PARALLELISM', 'HF_TOKEN_PATH', 'HF_HOME', 'KEYBOARD', 'MONKEY', 'PATTERN', 'XAUTHORITY'],
    ...['HTTPS_PROXY', 'https_proxy', 'CUDA_VISIBLE_DEVICES', 'PGHOST', 'SSH_AUTH_SOCK', 'AWS_REGION', 'WANDB_MODE', 'HEADERS', 'PYTHONPATH', 'SPAT'],
    ...['MAX_TOKENS', 'NUM_TOKENS_PER_BATCH', 'INIT_PWD', 'PBS_O_PWD'],
  ]
  expect(kept(settings)).toEqual(settings)
})
