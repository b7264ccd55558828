import { type ValidationError, validateSync } from 'class-validator';
import { isObjectLiteral, isPlainObject, type JsonValue, toJson } from '../../base/json';
import { ListenerInvalidError } from '../../errors/listener-errors';
import { type ConfigClass, isConfigClass } from '../../hook/config-class';
import { CONFIG_EXPECTED, isConfig } from './validation';

type Config = { readonly [key: string]: JsonValue };

/**
 * The `config` of a listener as it is stored: what was given, with the defaults of the hook's class. Throws `LISTENER_INVALID` with the
 * failing members.
 */
export function checkedConfig(ofHook: ConfigClass, given: Config): Config {
  const values = toJson(given) as Config;
  if (namesClass(values)) throw new ListenerInvalidError({ config: [RESERVED] });
  const filled = filledWith(new ofHook(), values);
  const failures = validateSync(filled, { whitelist: true, forbidNonWhitelisted: true });
  if (failures.length > 0) throw new ListenerInvalidError(reasons(failures, 'config'));
  const config = toJson({ ...filled }) as Config;
  if (!isConfig(config)) throw new ListenerInvalidError({ config: [CONFIG_EXPECTED] });
  return config;
}

/** Members that would give an object another class, and so other rules. */
const CLASS_MEMBERS = ['__proto__', 'constructor'];
const RESERVED = 'must have no member named "__proto__" or "constructor"';

function namesClass(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const isNamed = !Array.isArray(value) && CLASS_MEMBERS.some((name) => Object.hasOwn(value, name));
  return isNamed || Object.values(value).some(namesClass);
}

/** Members that are objects of a class themselves are filled in the same way. */
function filledWith<T extends object>(target: T, values: Config): T {
  const known = target as Record<string, unknown>;
  for (const [name, value] of Object.entries(values)) {
    const nested = isObjectLiteral(value) ? nestedOf(target, name) : null;
    known[name] = nested ? filledWith(nested, value as Config) : value;
  }
  return target;
}

/** A new object of the class of a member: that of its initial value, or the one that TypeScript has noted as its type. */
function nestedOf(target: object, name: string): object | null {
  const initial = (target as Readonly<Record<string, unknown>>)[name];
  if (isPlainObject(initial)) return isConfigClass(initial.constructor) ? initial : null;
  const noted = Reflect as { getMetadata?: (key: string, target: object, name: string) => unknown };
  const type = noted.getMetadata?.('design:type', target, name);
  return isConfigClass(type) ? new type() : null;
}

/** By the path of the member: `config.server.port`. */
function reasons(
  failures: readonly ValidationError[],
  path: string,
): Readonly<Record<string, readonly string[]>> {
  const entries = failures.flatMap(({ property, constraints, children = [] }) => {
    const own = property === undefined ? path : `${path}.${property}`;
    const nested = Object.entries(reasons(children, own));
    return constraints ? [[own, Object.values(constraints)] as const, ...nested] : nested;
  });
  return Object.fromEntries(entries);
}
