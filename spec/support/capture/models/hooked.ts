import { ModelHook } from '../../../../lib';
import type { DeclaredHook } from '../../../../lib/hook/model-hook';

/** Declares a hook, or none for the twin of an entity. */
export type Hooking = (options: DeclaredHook) => ClassDecorator;

export function hooking(isHooked: boolean): Hooking {
  if (!isHooked) return () => () => {};
  return (options) => ModelHook(options as never) as ClassDecorator;
}
