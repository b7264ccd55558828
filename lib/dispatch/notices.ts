/** What processes notify each other of: events were committed, deliveries are due after some time, or tasks are ready. */
export type Notice =
  | { readonly kind: 'events' }
  | { readonly kind: 'due'; readonly afterMs: number }
  | { readonly kind: 'tasks' };

const DUE = /^due:(\d{1,12})$/;

/** The payload of a notification: `events`, `due:1000`, `tasks`. */
export function payloadOf(notice: Notice): string {
  return notice.kind === 'due' ? `due:${Math.ceil(notice.afterMs)}` : notice.kind;
}

/** Null for a payload of another release, or of somebody else. */
export function noticeOf(payload: string): Notice | null {
  if (payload === 'events' || payload === 'tasks') return { kind: payload };
  const [, afterMs] = DUE.exec(payload) ?? [];
  return afterMs === undefined ? null : { kind: 'due', afterMs: Number(afterMs) };
}
