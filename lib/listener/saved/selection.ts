import { didYouMean } from '../../base/nearest';
import { quoted } from '../../base/quoted';
import { ListenerInvalidError } from '../../errors/listener-errors';
import type { Hook } from '../../hook/hook';
import { isSelected } from '../../hook/selection';
import type { ListenerDraft } from '../declared/builder';

/**
 * Throws `LISTENER_INVALID` if a listener selects a field that none of its hooks provides. A pattern may select anything
 * if no hook of this process has such events, or only open hooks have them.
 */
export function checkSelection(
  { hook, pattern, options: { select } }: ListenerDraft,
  hooks: readonly Hook[],
): void {
  const closed = hooks.filter(({ isOpen }) => !isOpen);
  if (select == null || closed.length === 0) return;
  const provided = [...new Set(closed.flatMap(({ fields }) => [...fields.keys()]))];
  const unknown = select.filter((path) => !provided.some((field) => isSelected([path], field)));
  if (unknown.length === 0) return;
  const reasons = unknown.map(
    (path) =>
      `select names ${quoted(path)}, which "${hook ?? pattern}" does not provide.${didYouMean(path, provided)}`,
  );
  throw new ListenerInvalidError({ select: reasons });
}
