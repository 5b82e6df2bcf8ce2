import { expect, it } from 'vitest'
import { closeAll } from './close-all.ts'

it('closes all in order, and throws what the first failure was', async () => {
  const closed: string[] = []
  const closing = closeAll(
    async () => void closed.push('a'),
    () => {
      throw new Error('b is stuck')
    },
    () => Promise.reject(new Error('so is c')),
    () => closed.push('d'),
  )
  await expect(closing).rejects.toThrow('b is stuck')
  expect(closed).toEqual(['a', 'd'])
  await expect(closeAll(() => closed.push('e'))).resolves.toBeUndefined()
})
