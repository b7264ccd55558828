import { getMetadataStorage } from 'class-validator';

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

/** All copies of class-validator share one storage. */
function isDecorated(target: ConfigClass): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(target, '', false, false).length > 0;
}
