import type { FC } from 'hono/jsx';
import type { Listener } from '../../listener/declared/listener';
import { etagOf } from '../listener-json';
import type { Shell } from './layout';
import type { Wording } from './wording';

/** What this principal may do with a listener. */
export const Actions: FC<{ readonly shell: Shell; readonly listener: Listener }> = ({
  shell,
  listener,
}) => {
  const { t, options, desk } = shell;
  const own = `${options.basePath}/listeners/${listener.id}`;
  if (!desk) return null;
  return (
    <div class="actions">
      {desk.may('edit') && (
        <a class="button" href={`${own}/edit`}>
          {t.edit}
        </a>
      )}
      {desk.may('test') && (
        <form method="post" action={`${own}/test`}>
          <button type="submit">{t.sendTest}</button>
        </form>
      )}
      {desk.may('edit') && <PauseOrResume t={t} own={own} listener={listener} />}
      {desk.may('secrets') && (
        <form class="row" method="post" action={`${own}/rotate-secret`}>
          <label>
            {t.graceHours}
            <input type="number" name="graceHours" min="0" max="720" value="24" />
          </label>
          <button type="submit">{t.rotateSecret}</button>
        </form>
      )}
      {desk.may('edit') && (
        <details>
          <summary>{t.remove}</summary>
          <form method="post" action={`${own}/remove`}>
            <input type="hidden" name="etag" value={etagOf(listener)} />
            <button class="danger" type="submit">
              {t.removeSure}
            </button>
          </form>
        </details>
      )}
    </div>
  );
};

interface PauseProps {
  readonly t: Wording;
  readonly own: string;
  readonly listener: Listener;
}

const PauseOrResume: FC<PauseProps> = ({ t, own, listener }) =>
  listener.active ? (
    <form class="row" method="post" action={`${own}/pause`}>
      <label>
        {t.pauseReason}
        <input name="reason" required maxlength={1_024} />
      </label>
      <button type="submit">{t.pause}</button>
    </form>
  ) : (
    <form method="post" action={`${own}/resume`}>
      <button class="main" type="submit">
        {t.resume}
      </button>
    </form>
  );
