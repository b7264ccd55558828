import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { HandlerRefusedError } from '../../errors/nest-errors';
import { type Decoration, decorationsOf } from './decorators';

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A method of an instance, with one of its decorations. */
export interface DecoratedMethod extends Decoration {
  readonly instance: object;
  readonly key: string;
  /** Its class and its name, for people. */
  readonly place: string;
}

/** All decorated methods of providers and controllers. Throws `HANDLER_REFUSED` for those that Nest makes anew for each use. */
export function decoratedMethods(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): readonly DecoratedMethod[] {
  const wrappers = [...discovery.getProviders(), ...discovery.getControllers()];
  const seen = new Set<object>();
  return wrappers.flatMap((wrapper) => {
    const prototype = prototypeOf(wrapper);
    if (prototype === null) return [];
    const methods = scanner
      .getAllMethodNames(prototype)
      .flatMap((key) => decorationsOf(Reflect.get(prototype, key)).map((one) => ({ ...one, key })));
    if (methods.length === 0) return [];
    const found = methods.map((method) => ({ ...method, ...placeOf(wrapper, method.key) }));
    for (const { place } of found) checkSingle(wrapper, place);
    const instance = wrapper.instance as object;
    // One instance can have several tokens (`useExisting`).
    if (seen.has(instance)) return [];
    seen.add(instance);
    return found.map((method) => ({ ...method, instance }));
  });
}

/** The prototype of the instance, or of the class that instances are made of for each use. */
function prototypeOf({ instance, metatype }: InstanceWrapper): object | null {
  if (typeof instance === 'object' && instance !== null) return Object.getPrototypeOf(instance);
  const prototype: unknown = typeof metatype === 'function' ? metatype.prototype : null;
  return typeof prototype === 'object' ? prototype : null;
}

function placeOf({ instance, metatype, name }: InstanceWrapper, key: string): { place: string } {
  const owner: unknown = instance?.constructor ?? metatype;
  return { place: `${typeof owner === 'function' ? owner.name : String(name)}.${key}` };
}

function checkSingle(wrapper: InstanceWrapper, place: string): void {
  if (wrapper.isTransient)
    throw new HandlerRefusedError(place, `its provider is transient: ${SINGLE}`);
  if (!wrapper.isDependencyTreeStatic())
    throw new HandlerRefusedError(
      place,
      `its provider is request-scoped, or needs one that is: ${SINGLE}`,
    );
  if (typeof wrapper.instance !== 'object' || wrapper.instance === null)
    throw new HandlerRefusedError(place, `its provider has no instance: ${SINGLE}`);
}

const SINGLE =
  'events come outside requests, so move the method to a provider with the default scope';
