import { isPlainObject, type JsonRecord, type JsonValue } from '../../base/json';
import type { HookEvent } from '../../hook/event';
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
    return JSON.stringify(layout(event, format, (values) => arranged(values, hook)));
  const flat = layout(event, format, (values) => values);
  return new URLSearchParams(formPairs(flat, format)).toString();
}

/** Data of a schedule is sent as it was given: a dot in a name has no meaning there. */
function arranged(values: JsonRecord, { isOpen, fields }: Hook): JsonObject {
  return isOpen ? values : nested(values, fields);
}

/** The body without the event's data, for an event that is too large. */
export function bodyWithoutData(event: HookEvent, { format, contentType }: Layout): string {
  const { data, previous, ...others } = layout(event, format, () => ({}));
  const content = format === 'fields' ? { truncated: true } : { ...others, truncated: true };
  if (contentType === 'application/json') return JSON.stringify(content);
  return new URLSearchParams(formPairs(content, format)).toString();
}

function layout(
  event: HookEvent,
  format: BodyFormat,
  arrange: (values: JsonRecord) => JsonObject,
): JsonObject {
  const data = arrange(event.data);
  const timestamp = event.occurredAt.toISOString();
  switch (format) {
    case 'fields':
      return data;
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
      };
    case 'standard':
      return { type: event.name, timestamp, data };
    case 'cloudevents':
      return cloudEvent(event, timestamp, data);
  }
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
