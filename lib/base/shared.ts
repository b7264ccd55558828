/** A value of the process, which all copies of this package share: one that was installed twice, or loaded anew. */
export function shared<Value extends object>(name: string, make: () => Value): Value {
  const key = Symbol.for(name);
  const global = globalThis as unknown as Record<symbol, Value | undefined>;
  global[key] ??= make();
  return global[key];
}
