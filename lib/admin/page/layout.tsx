import type { Child, FC } from 'hono/jsx';
import type { Desk } from '../desk';
import type { ResolvedAdminOptions } from '../options';
import { filled, type Wording } from './wording';

/** What each part of the page may need. */
export interface Shell {
  readonly options: ResolvedAdminOptions;
  /** The texts. */
  readonly t: Wording;
  /** Undefined on the page of an error. */
  readonly desk: Desk | undefined;
}

const PAGES = ['overview', 'events', 'listeners', 'deliveries', 'replay', 'check'] as const;
export type PageName = (typeof PAGES)[number];

interface LayoutProps {
  readonly shell: Shell;
  readonly title: string;
  readonly at?: PageName;
  readonly children?: Child;
}

/** A whole document. */
export const Layout: FC<LayoutProps> = ({ shell, title, at, children }) => {
  const { t, options } = shell;
  const base = options.basePath;
  return (
    <html lang={t.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · ${t.title}`}</title>

        <link rel="stylesheet" href={`${base}/assets/page.css`} />
        <link rel="stylesheet" href={`${base}/assets/theme.css`} />
        <script src={`${base}/assets/page.js`} defer />
      </head>
      <body>
        <a class="skip" href="#content">
          {t.skip}
        </a>
        <header class="top">
          <strong>{t.title}</strong>
          <nav aria-label={t.title}>
            <ul>{shell.desk && PAGES.map((name) => <Link shell={shell} name={name} at={at} />)}</ul>
          </nav>
          <Who shell={shell} />
        </header>
        <main id="content">
          <h1>{title}</h1>
          {children}
        </main>
      </body>
    </html>
  );
};

interface LinkProps {
  readonly shell: Shell;
  readonly name: PageName;
  readonly at: PageName | undefined;
}

const Link: FC<LinkProps> = ({ shell: { t, options, desk }, name, at }) => {
  if (name === 'replay' && !desk?.may('retry')) return null;
  const path = name === 'overview' ? '/' : `/${name}`;
  return (
    <li>
      <a href={`${options.basePath}${path}`} aria-current={name === at ? 'page' : undefined}>
        {t[name]}
      </a>
    </li>
  );
};

const Who: FC<{ readonly shell: Shell }> = ({ shell: { t, options, desk } }) => {
  if (desk?.owner === undefined) return null;
  return (
    <span class="who">
      {filled(t.portalOf, { owner: desk.owner })}
      {options.portal && (
        <>
          {' · '}
          <a href={`${options.basePath}/portal/leave`}>{t.leavePortal}</a>
        </>
      )}
    </span>
  );
};

/** A message above what the page shows. */
export const Note: FC<{ readonly isWrong?: boolean; readonly children?: Child }> = ({
  isWrong = false,
  children,
}) => (
  <div class={isWrong ? 'note wrong' : 'note'} role={isWrong ? 'alert' : 'status'}>
    {children}
  </div>
);

/** Facts by name; those without a value are left out. */
export const Facts: FC<{ readonly facts: readonly (readonly [string, Child])[] }> = ({ facts }) => (
  <dl class="facts">
    {facts
      .filter(
        ([, value]) => value !== null && value !== undefined && value !== '' && value !== false,
      )
      .map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
  </dl>
);

interface TableProps {
  readonly caption: string;
  readonly head: readonly string[];
  readonly children?: Child;
}

export const Table: FC<TableProps> = ({ caption, head, children }) => (
  // A region that scrolls must be reachable by keyboard.
  <section class="scroll" aria-label={caption} tabindex={0}>
    <table>
      <thead>
        <tr>
          {head.map((name) => (
            <th scope="col">{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </section>
);

export const Time: FC<{ readonly at: Date | null }> = ({ at }) => {
  if (!at) return null;
  const text = at.toISOString();
  return <time datetime={text}>{`${text.slice(0, 10)} ${text.slice(11, 19)} UTC`}</time>;
};

/** A text with a button that copies it. The button is shown where there is JavaScript. */
export const Copyable: FC<{ readonly t: Wording; readonly id: string; readonly text: string }> = ({
  t,
  id,
  text,
}) => (
  <>
    <pre id={id} tabindex={0}>
      {text}
    </pre>
    <button type="button" data-copy={id} data-copied={t.copied} hidden>
      {t.copy}
    </button>
  </>
);

/** A link to the next page of a list, with the same filters. */
export const NextPage: FC<{
  readonly t: Wording;
  readonly query: Readonly<Record<string, string>>;
  readonly cursor: string | null;
}> = ({ t, query, cursor }) => {
  if (cursor === null) return null;
  return (
    <p>
      <a href={`?${new URLSearchParams({ ...query, cursor })}`} rel="next">
        {t.nextPage}
      </a>
    </p>
  );
};
