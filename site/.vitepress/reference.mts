import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { slug } from 'github-slugger';
import type { DefaultTheme } from 'vitepress';
import { linkTo } from './pages.mts';
import { ROOT_PATH, read } from './repository.mts';

const NAVIGATION = 'site/reference/navigation.json';

/** An entry of `navigationJson` of typedoc-plugin-markdown: of the package, or without a path a kind, such as "Classes". */
interface Entry {
  readonly title: string;
  readonly path?: string;
  readonly children?: readonly Entry[];
}

/**
 * The entries of the package, and below each the kinds of what it exports. Each page repeats the sidebar, so with a link for each
 * export, most of the time of a build would go into sidebars.
 */
export function sidebarOfReference(): DefaultTheme.SidebarItem[] {
  if (!existsSync(join(ROOT_PATH, NAVIGATION))) {
    throw new Error('There is no reference yet: npm run reference.');
  }
  const entries = JSON.parse(read(NAVIGATION)) as readonly Entry[];
  return [{ text: 'All pages', link: '/' }, ...entries.map(toItem)];
}

function toItem({ title, path, children = [] }: Entry): DefaultTheme.SidebarItem {
  const link = linkTo(`site/reference/${path}`);
  const items = children.map((child) =>
    child.path === undefined
      ? { text: child.title, link: `${link}#${slug(child.title)}` }
      : toItem(child),
  );
  return { text: title, link, collapsed: true, items };
}
