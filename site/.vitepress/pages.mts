import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';
import { ROOT_PATH, read } from './repository.mts';

interface Group {
  readonly text: string;
  /** Paths from the root of the repository. */
  readonly pages: readonly string[];
}

/** The order in which a user needs the pages. A page that does not exist yet is left out. */
const GROUPS: readonly Group[] = [
  { text: 'Start', pages: ['README.md', 'docs/getting-started.md', 'docs/story.md'] },
  { text: 'Declare', pages: ['docs/hooks.md', 'docs/triggers.md', 'docs/context.md'] },
  { text: 'Listen', pages: ['docs/listeners.md'] },
  { text: 'Deliver', pages: ['docs/delivery.md'] },
  {
    text: 'Answers',
    pages: [
      'docs/handlers.md',
      'docs/interactive.md',
      'docs/schedules.md',
      'docs/tasks.md',
      'docs/task-server.md',
    ],
  },
  {
    text: 'Operate',
    pages: [
      'docs/operating.md',
      'docs/admin.md',
      'docs/telemetry.md',
      'docs/scaling.md',
      'docs/cli.md',
      'docs/upgrading.md',
    ],
  },
  { text: 'Receive', pages: ['docs/receiving.md'] },
  {
    text: 'Ecosystem',
    pages: ['docs/nestjs.md', 'docs/express-fastify.md', 'docs/testing.md'],
  },
  {
    text: 'Coming from',
    pages: [
      'docs/coming-from-bullmq.md',
      'docs/coming-from-svix.md',
      'docs/coming-from-thorn-durian.md',
      'docs/beside-nestjs-webhooks.md',
    ],
  },
  {
    text: 'Reference',
    pages: [
      'site/reference/index.md',
      'docs/errors.md',
      'docs/figures.md',
      'GLOSSARY.md',
      'ARCHITECTURE.md',
      'SECURITY.md',
      'CHANGELOG.md',
    ],
  },
];

const LANDING_PAGE = 'site/index.md';
const REFERENCE = 'site/reference/';

/** The pages that people wrote. */
const written = [
  LANDING_PAGE,
  ...readdirSync(join(ROOT_PATH, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...GROUPS.flatMap(({ pages }) => pages).filter((path) => !path.includes('/')),
];

/** Whether a file of the repository is a page of the site. */
export function isPage(path: string): boolean {
  return written.includes(path) || (path.startsWith(REFERENCE) && path.endsWith('.md'));
}

/** Where the site shows a page: `docs/hooks.md` is `hooks.md`, and `README.md` is `overview.md`. */
export function placeOf(path: string): string {
  if (path === 'README.md') return 'overview.md';
  if (!path.includes('/')) return path.toLowerCase();
  return path.replace(/^(docs|site)\//, '');
}

/** @throws If a page is in no group: its readers would not find it. */
export function sidebarOfPages(): DefaultTheme.SidebarItem[] {
  const listed = new Set([LANDING_PAGE, ...GROUPS.flatMap(({ pages }) => pages)]);
  const unlisted = written.filter((path) => !listed.has(path));
  if (unlisted.length > 0) {
    throw new Error(`site/.vitepress/pages.mts has no place for ${unlisted.join(' and ')}.`);
  }
  return GROUPS.map(({ text, pages }) => ({
    text,
    items: pages.filter(isPage).map((path) => ({ text: titleOf(path), link: linkTo(path) })),
  })).filter(({ items }) => items.length > 0);
}

/** The address of a page in the site, without its base. */
export const linkTo = (path: string): string => `/${placeOf(path).replace(/(index)?[.]md$/, '')}`;

function titleOf(path: string): string {
  if (path === 'README.md') return 'Overview';
  if (path.startsWith(REFERENCE)) return 'API';
  const [, title] = /^# (.+)$/m.exec(read(path)) ?? [];
  if (title === undefined) throw new Error(`${path} has no title.`);
  return title.replaceAll('`', '');
}
