import type { FC } from 'hono/jsx';
import { ENDED_STATUSES } from '../../store/deliveries';
import { type FormValues, textIn } from './form-values';
import { Layout, Note, type Shell } from './layout';
import { filled } from './wording';

export interface ReplayProps {
  readonly shell: Shell;
  readonly values: FormValues;
  /** How many wait so far, and where to go on; null if everything was sent. */
  readonly progress?: { readonly count: number; readonly cursor: string | null } | undefined;
  readonly wrong?: string | undefined;
}

const NAMES = ['listener', 'status', 'since', 'until', 'newId'] as const;

export const Replay: FC<ReplayProps> = ({ shell, values, progress, wrong }) => {
  const { t, options } = shell;
  return (
    <Layout shell={shell} title={t.replay} at="replay">
      {wrong && <Note isWrong>{wrong}</Note>}
      {progress && <Progress shell={shell} values={values} progress={progress} />}
      <p class="muted">{t.replayHelp}</p>
      <form class="row panel" method="post" action={`${options.basePath}/replay`}>
        <label>
          {t.listener}
          <input name="listener" value={textIn(values, 'listener')} />
        </label>
        <label>
          {t.status}
          <select name="status">
            <option value="">{t.anyEnd}</option>
            {ENDED_STATUSES.map((status) => (
              <option value={status} selected={textIn(values, 'status') === status}>
                {status}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t.since}
          <input type="datetime-local" name="since" value={textIn(values, 'since')} required />
        </label>
        <label>
          {t.until}
          <input type="datetime-local" name="until" value={textIn(values, 'until')} />
        </label>
        <label class="check">
          <input type="checkbox" name="newId" checked={textIn(values, 'newId') === 'on'} />
          {t.newId}
        </label>
        <button class="main" type="submit">
          {t.startReplay}
        </button>
      </form>
    </Layout>
  );
};

interface ProgressProps {
  readonly shell: Shell;
  readonly values: FormValues;
  readonly progress: NonNullable<ReplayProps['progress']>;
}

/** The length of a replay is not known before its end, so that nothing has to be counted for it. */
const Progress: FC<ProgressProps> = ({ shell: { t, options }, values, progress }) => {
  const { count, cursor } = progress;
  if (cursor === null)
    return (
      <Note>
        <p>{filled(t.replayDone, { count })}</p>
        <progress value="1" max="1" aria-label={t.replay} />
      </Note>
    );
  return (
    <Note>
      <p>{filled(t.replayed, { count })}</p>
      <progress aria-label={t.replay} />
      <form method="post" action={`${options.basePath}/replay`} data-go-on="">
        {NAMES.map((name) => (
          <input type="hidden" name={name} value={textIn(values, name)} />
        ))}
        <input type="hidden" name="cursor" value={cursor} />
        <input type="hidden" name="count" value={String(count)} />
        <p>{t.replayGoesOn}</p>
        <button type="submit">{t.goOn}</button>
      </form>
    </Note>
  );
};
