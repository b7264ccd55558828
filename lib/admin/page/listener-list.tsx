import type { FC } from 'hono/jsx';
import type { AttachedHook } from '../../attach/attached-hook';
import type { Listener } from '../../listener/declared/listener';
import { Layout, NextPage, Note, type Shell, Table, Time } from './layout';
import type { Wording } from './wording';

export interface ListenerListProps {
  readonly shell: Shell;
  readonly listeners: readonly Listener[];
  readonly hooks: readonly AttachedHook[];
  readonly nextCursor: string | null;
  readonly query: Readonly<Record<string, string>>;
  readonly done?: string | undefined;
  readonly wrong?: string | undefined;
}

export const ListenerList: FC<ListenerListProps> = (props) => {
  const { shell, listeners, query, nextCursor, done, wrong } = props;
  const { t, options, desk } = shell;
  return (
    <Layout shell={shell} title={t.listeners} at="listeners">
      {done && <Note>{done}</Note>}
      {wrong && <Note isWrong>{wrong}</Note>}
      {desk?.may('create') && (
        <p>
          <a class="button main" href={`${options.basePath}/events`}>
            {t.newListener}
          </a>
        </p>
      )}
      <ListenerFilters {...props} />
      {listeners.length === 0 ? (
        <p class="muted">{t.noListeners}</p>
      ) : (
        <Table
          caption={t.listeners}
          head={[t.created, t.address, t.hook, t.state, t.owner, t.actions]}
        >
          {listeners.map((one) => (
            <ListenerRow shell={shell} listener={one} />
          ))}
        </Table>
      )}
      <NextPage t={t} query={query} cursor={nextCursor} />
    </Layout>
  );
};

const ListenerRow: FC<{ readonly shell: Shell; readonly listener: Listener }> = ({
  shell: { t, options, desk },
  listener,
}) => {
  const own = `${options.basePath}/listeners/${listener.id}`;
  return (
    <tr>
      <td class="number">
        <Time at={listener.createdAt} />
      </td>
      <td>
        <a href={own}>{listener.target}</a>
      </td>
      <td>{listener.hook ?? listener.pattern}</td>
      <td>
        <State t={t} listener={listener} />
      </td>
      <td>{listener.owner}</td>
      <td>
        {desk?.may('test') && (
          <form method="post" action={`${own}/test`}>
            <button type="submit" aria-label={`${t.sendTest}: ${listener.target}`}>
              {t.sendTest}
            </button>
          </form>
        )}
      </td>
    </tr>
  );
};

const ListenerFilters: FC<ListenerListProps> = ({ shell: { t, desk }, hooks, query }) => (
  <form class="row panel" method="get" aria-label={t.filter}>
    <label>
      {t.hook}
      <select name="hook">
        <option value="">{t.any}</option>
        {hooks.map(({ name, title }) => (
          <option value={name} selected={query.hook === name}>
            {title}
          </option>
        ))}
      </select>
    </label>
    <label>
      {t.state}
      <select name="active">
        <option value="">{t.any}</option>
        <option value="true" selected={query.active === 'true'}>
          {t.active}
        </option>
        <option value="false" selected={query.active === 'false'}>
          {t.inactive}
        </option>
      </select>
    </label>
    <label>
      {t.address}
      <input name="url" value={query.url ?? ''} />
    </label>
    {desk?.isOperator && (
      <label>
        {t.owner}
        <input name="owner" value={query.owner ?? ''} />
      </label>
    )}
    <button type="submit">{t.apply}</button>
  </form>
);

export const State: FC<{ readonly t: Wording; readonly listener: Listener }> = ({
  t,
  listener,
}) => (
  <span class={listener.active ? 'badge good' : 'badge bad'}>
    {listener.active ? t.active : t.inactive}
  </span>
);
