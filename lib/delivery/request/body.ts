import { isPlainObject, type JsonRecord, type JsonValue } from '../../base/json';
import type { HookEvent } from '../../hook/event';
import { providesContext } from '../../hook/event-context';
import type { Hook } from '../../hook/hook';
import { type JsonObject, nested } from '../../hook/nested';
import type { BodyFormat } from '../../options/body-format';
import type { ContentType } from '../../options/listener';

export interface Layout {
  readonly format: BodyFormat;
  readonly contentType: ContentType;
}

/** The body of a request in the format and content type of the listener. */
export function body(event: HookEvent, hook: Hook, { format, contentType }: Layout): string {
  if (contentType === 'application/json')
    return JSON.stringify(layout(event, hook, { format, arrange: (one) => arranged(one, hook) }));
  const flat = layout(event, hook, { format, arrange: (values) => values });
  return new URLSearchParams(formPairs(flat, format)).toString();
}

/** Data of a schedule is sent as it was given: a dot in a name has no meaning there. */
function arranged(values: JsonRecord, { isOpen, fields }: Hook): JsonObject {
  return isOpen ? values : nested(values, fields);
}

/** The body without the event's data, for an event that is too large. */
export function bodyWithoutData(
  event: HookEvent,
  hook: Hook,
  { format, contentType }: Layout,
): string {
  const { data, previous, ...others } = layout(event, hook, { format, arrange: () => ({}) });
  const content = format === 'fields' ? { truncated: true } : { ...others, truncated: true };
  if (contentType === 'application/json') return JSON.stringify(content);
  return new URLSearchParams(formPairs(content, format)).toString();
}

interface Arrangement {
  readonly format: BodyFormat;
  readonly arrange: (values: JsonRecord) => JsonObject;
}

function layout(event: HookEvent, hook: Hook, { format, arrange }: Arrangement): JsonObject {
  const data = arrange(event.data);
  const { context } = event;
  const timestamp = event.occurredAt.toISOString();
  const asked = showsContext(hook, format) && { context: context ?? null };
  switch (format) {
    case 'fields':
      return { ...asked, ...data };
    case 'envelope':
      return {
        id: event.id,
        event: event.name,
        operation: event.operation,
        ref: event.ref,
        sender: event.sender,
        timestamp,
        ...(event.dueAt && { dueAt: event.dueAt.toISOString() }),
        data,
        previous: event.previous && arrange(event.previous),
        changed: event.changed,
        ...(context && { context }),
      };
    case 'standard':
      return { type: event.name, timestamp, data, ...asked };
    case 'cloudevents':
      return cloudEvent(event, timestamp, data);
  }
}

/** Whether a body that holds no context otherwise has the key `context`. A provided field of that name comes first. */
export function showsContext(hook: Hook, format: BodyFormat): boolean {
  if (hook.declared.context !== true) return false;
  return format === 'standard' || (format === 'fields' && !providesContext(hook));
}

/**
 * CloudEvents 1.0 in structured mode. It requires a `source`; an event without a resource gets the name of its hook.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
function cloudEvent(event: HookEvent, time: string, data: JsonObject): JsonObject {
  return {
    specversion: '1.0',
    id: event.id,
    type: event.name,
    source: event.ref ?? `urn:hook:${encodeURIComponent(event.hook)}`,
    ...(event.sender !== null && { sender: event.sender }),
    // An attribute is a text, a number or a boolean.
    ...(event.context && { context: JSON.stringify(event.context) }),
    time,
    datacontenttype: 'application/json',
    data,
  };
}

/** Keys are dotted paths (`home.city`, `data.home.city`). Objects and arrays are JSON, null is an empty text. */
function formPairs(content: JsonObject, format: BodyFormat): [string, string][] {
  return Object.entries(content).flatMap(([key, value]): [string, string][] => {
    const holdsFields = format !== 'fields' && (key === 'data' || key === 'previous');
    if (!holdsFields || !isPlainObject(value)) return [[key, formText(value)]];
    return Object.entries(value).map(([path, member]) => [
      `${key}.${path}`,
      formText(member as JsonValue),
    ]);
  });
}

function formText(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
