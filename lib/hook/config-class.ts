import type { MetadataStorage } from 'class-validator';

/** A class whose properties have decorators of class-validator. */
export type ConfigClass = new () => object;

/** Whether class-validator can validate objects of a class; one that it does not know would refuse every member. */
export function isConfigClass(value: unknown): value is ConfigClass {
  return isClass(value) && isDecorated(value);
}

/** Whether it can be called with `new`; it is not called. */
function isClass(value: unknown): value is ConfigClass {
  try {
    Reflect.construct(Object, [], value as ConfigClass);
    return true;
  } catch {
    return false;
  }
}

/**
 * All copies of class-validator share one storage, which the first decorator makes. The package itself is not loaded: it would take longer
 * than the rest of the start of a process.
 */
function isDecorated(target: ConfigClass): boolean {
  const { classValidatorMetadataStorage: storage } = globalThis as {
    readonly classValidatorMetadataStorage?: MetadataStorage;
  };
  const found = storage?.getTargetValidationMetadatas(target, '', false, false);
  return found !== undefined && found.length > 0;
}
