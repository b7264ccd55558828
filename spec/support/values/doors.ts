import { inspect } from 'node:util';
import { ModelHookError } from '../../../lib';
import { badValues } from './bad-values';

/** Calls a public method with one value in one place. */
export type Door = (bad: never) => unknown;

/** A door with its name: the method and the place. */
export type NamedDoor = readonly [name: string, call: Door];

/** One door for each argument and each member of the options. */
export function doors(
  method: string,
  place: string,
  members: readonly string[],
  call: (options: never) => unknown,
): readonly NamedDoor[] {
  return [
    [`${method} ${place}`, call],
    ...members.map(
      (name): NamedDoor => [`${method} ${place}.${name}`, (bad) => call({ [name]: bad } as never)],
    ),
  ];
}

/** The bad values that a door refuses with an error that is not one of the package, with these errors. */
export async function foreignErrors(call: Door): Promise<readonly unknown[]> {
  const foreign: unknown[] = [];
  for (const bad of badValues())
    try {
      await call(bad as never);
    } catch (error) {
      if (!(error instanceof ModelHookError)) foreign.push([inspect(bad).slice(0, 80), error]);
    }
  return foreign;
}

/** The names of the methods of a class, without its constructor. */
export function methodsOf({ prototype }: { readonly prototype: object }): readonly string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
    .map(([name]) => name);
}
