import type { FC } from 'hono/jsx';
import type { AttachedHook } from '../../attach/attached-hook';
import { Layout, type Shell } from './layout';

interface EventsProps {
  readonly shell: Shell;
  readonly hooks: readonly AttachedHook[];
}

/** What there is to hear of: the hooks, with their events and fields. */
export const Events: FC<EventsProps> = ({ shell, hooks }) => {
  const { t } = shell;
  return (
    <Layout shell={shell} title={t.chooseEvent} at="events">
      {hooks.length === 0 && <p class="muted">{t.noHooks}</p>}
      <div class="hooks">
        {hooks.map((hook) => (
          <HookCard shell={shell} hook={hook} />
        ))}
      </div>
    </Layout>
  );
};

const HookCard: FC<{ readonly shell: Shell; readonly hook: AttachedHook }> = ({ shell, hook }) => {
  const { t, options, desk } = shell;
  const [first] = hook.events;
  return (
    <section class="panel" aria-label={hook.title}>
      <h2>{hook.title}</h2>
      {hook.description && <p>{hook.description}</p>}
      <p class="muted">{hook.events.join(' · ')}</p>
      <p>{`${t.fields}: ${hook.provides.join(', ')}`}</p>
      {first !== undefined && (
        <details>
          <summary>{t.sampleBody}</summary>
          <pre tabindex={0}>{JSON.stringify(JSON.parse(hook.sample(first).body), null, 2)}</pre>
        </details>
      )}
      {desk?.may('create') && (
        <p>
          <a
            class="button main"
            href={`${options.basePath}/listeners/new?hook=${encodeURIComponent(hook.name)}`}
          >
            {t.makeListener}
          </a>
        </p>
      )}
    </section>
  );
};
