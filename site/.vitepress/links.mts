import { dirname, join, relative } from 'node:path';
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';
import { isPage, placeOf } from './pages.mts';
import { addressOf, ROOT_PATH } from './repository.mts';

/**
 * The relative links of a page lead to files of the repository, as GitHub shows them. In the site they lead to the page
 * of the file, or to the file in the repository if it has none.
 */
export function linkToPages(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('link-to-pages', ({ tokens, env }) => {
    const page = sourceOf(env);
    // VitePress also renders the text of a title alone.
    if (page === undefined) return;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href !== null) token.attrSet('href', linkOf(href, page));
    }
  });
}

/** The file of the page, from the root of the repository. */
function sourceOf(env: Partial<MarkdownEnv> & { readonly realPath?: string }): string | undefined {
  const path = env.realPath ?? env.path;
  return path === undefined ? undefined : relative(ROOT_PATH, path);
}

function linkOf(href: string, page: string): string {
  if (/^(#|\/|\w+:)/.test(href)) return href;
  const [to = '', anchor] = decodeURI(href).split('#');
  const path = join(dirname(page), to);
  const link = isPage(path) ? `/${placeOf(path)}` : addressOf(path);
  if (link === undefined) throw new Error(`${page} links to ${path}, which does not exist.`);
  return anchor === undefined ? link : `${link}#${anchor}`;
}
