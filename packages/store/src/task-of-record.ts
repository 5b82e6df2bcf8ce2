import { SediError } from '@sedi/spec'
import alpaca from './shapes/alpaca.ts'
import { shapes } from './shapes/registry.gen.ts'
import { isObject, kindOf, type Shape, type TaskOrProblem } from './shapes/shape.ts'

/** The ids of the shapes that records may have. */
export const shapeNames: readonly string[] = Object.keys(shapes)

/** Throws `invalid-config` with the shapes there are. */
export function shapeNamed(id: string): Shape {
  const shape: Shape | undefined = Object.hasOwn(shapes, id) ? shapes[id as keyof typeof shapes] : undefined
  if (shape !== undefined) return shape
  throw new SediError('invalid-config', `There is no shape of records called “${id}”; there are ${shapeNames.join(', ')}.`)
}

/** The shape that a record looks like; undefined when it looks like none. */
export function shapeOf(record: unknown): Shape | undefined {
  if (!isObject(record)) return undefined
  return Object.values<Shape>(shapes).find((shape) => shape.recognises(record))
}

/**
 * Reads a task from a record of one of the usual shapes (`shapes/`). A record that looks like none is read as SeDi's own, so that the problem
 * says what is expected.
 *
 * @param shape reads it as this one, whatever it looks like
 */
export function taskOfRecord(record: unknown, shape: Shape = shapeOf(record) ?? alpaca): TaskOrProblem {
  return isObject(record) ? shape.read(record) : { problem: `expected an object, got ${kindOf(record)}` }
}
