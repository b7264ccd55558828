import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';
import { linkTo } from './pages.mts';
import { ROOT_PATH, read } from './repository.mts';

const NAVIGATION = 'site/reference/navigation.json';

/** An entry of `navigationJson` of typedoc-plugin-markdown. */
interface Entry {
  readonly title: string;
  readonly path?: string;
  readonly children?: readonly Entry[];
}

/** The entries of the package, and below each what it exports. */
export function sidebarOfReference(): DefaultTheme.SidebarItem[] {
  if (!existsSync(join(ROOT_PATH, NAVIGATION))) {
    throw new Error('There is no reference yet: npm run reference.');
  }
  const entries = JSON.parse(read(NAVIGATION)) as readonly Entry[];
  return [{ text: 'All pages', link: '/' }, ...entries.map(toItem)];
}

function toItem({ title, path, children }: Entry): DefaultTheme.SidebarItem {
  return {
    text: title,
    ...(path === undefined ? {} : { link: linkTo(`site/reference/${path}`) }),
    ...(children === undefined ? {} : { collapsed: true, items: children.map(toItem) }),
  };
}
