import type { AttachedHook } from '../../attach/attached-hook';
import type { JsonSchema } from '../../delivery/request/body-schema';
import type { BodyFormat } from '../../options/body-format';
import { capitalised } from '../capitalised';

/** An event, as the documents about it describe it. */
export interface DescribedEvent {
  /** `person.created` */
  readonly name: string;
  /** The name of its type: `PersonCreated`. Each event has another one. */
  readonly typeName: string;
  readonly title: string;
  readonly schema: JsonSchema;
}

/** The events of one hook. */
export interface DescribedHook {
  readonly hook: string;
  /** The name of the type of its events: `PersonEvents`. */
  readonly typeName: string;
  readonly events: readonly string[];
}

/** The hooks, in the order of their names. Their types have other names than those of the events. */
export function describedHooks(
  hooks: readonly AttachedHook[],
  events: readonly DescribedEvent[],
): readonly DescribedHook[] {
  const taken = new Set(events.map(({ typeName }) => typeName));
  const sorted = [...hooks].sort((one, other) => (one.name < other.name ? -1 : 1));
  return sorted
    .filter((hook) => hook.events.length > 0)
    .map((hook) => ({
      hook: hook.name,
      typeName: freeName(`${typeNameOf(hook.name)}Events`, taken),
      events: hook.events,
    }));
}

/** The events of hooks, in the order of their names. Without a format, each body is laid out as its hook says. */
export function describedEvents(
  hooks: readonly AttachedHook[],
  format: BodyFormat | undefined,
): readonly DescribedEvent[] {
  const found = new Map<string, { readonly title: string; readonly schemas: JsonSchema[] }>();
  for (const hook of hooks)
    for (const event of hook.events) {
      const known = found.get(event) ?? { title: hook.title, schemas: [] };
      known.schemas.push(hook.schema(event, format));
      found.set(event, known);
    }
  const taken = new Set<string>();
  const sorted = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.map(([name, { title, schemas }]) => ({
    name,
    typeName: freeName(typeNameOf(name), taken),
    title,
    schema: either(schemas),
  }));
}

/** Hooks may share an event name. */
function either(schemas: readonly JsonSchema[]): JsonSchema {
  const [only, ...others] = schemas;
  return only && others.length === 0 ? only : { anyOf: schemas };
}

/** `order.line-added` → `OrderLineAdded`. What is no letter or digit of ASCII ends a word. */
function typeNameOf(event: string): string {
  const name = capitalised(event.split(/[^A-Za-z0-9]+/));
  return /^[A-Za-z]/.test(name) ? name : `Event${name}`;
}

/** Names that the module of types gives to other things, or uses. */
const RESERVED = ['Events', 'EventName', 'EventBody', 'Pick'];

function freeName(name: string, taken: Set<string>): string {
  let free = RESERVED.includes(name) ? `${name}1` : name;
  for (let n = 2; taken.has(free); n += 1) free = `${name}${n}`;
  taken.add(free);
  return free;
}
