import { existsSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root } from './read-workspaces.ts';
import { trackedFiles } from './tracked-files.ts';

const pages = trackedFiles().filter((file) => file.endsWith('.md'));
const examples = new Map(pages.flatMap(examplesOf));

describe('the TypeScript examples of all pages', () => {
  it('are found', () => {
    expect([...examples.keys()].some((name) => name.startsWith('README.md'))).toBe(true);
  });

  it('type-check against the sources', { timeout: 60_000 }, () => {
    expect(problemsOf(examples)).toEqual([]);
  });

  it('are really checked', { timeout: 60_000 }, () => {
    const wrong = "import { copy } from 'image-api';\ncopy('a', 'b', { limits: 1 });\n";
    expect(problemsOf(new Map([['wrong.ts', wrong]]))).toEqual([expect.stringContaining("'limits' does not exist")]);
  });
});

describe('the links of all pages', () => {
  it('lead to files that are there', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((path) => !existsSync(`${root}${path}`))
        .map((path) => `${page}: ${path}`),
    );
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(10);
    expect(broken).toEqual([]);
  });
});

/** Links to other files of the repository, as paths from its root. */
function linksOf(page: string): string[] {
  const links = readFileSync(`${root}${page}`, 'utf8').matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g);
  return [...links].flatMap(([, link = '']) => (/^[a-z]+:/.test(link) ? [] : new URL(link, `file:///${page}`).pathname.slice(1)));
}

/** Each block becomes a module, named after its page and line. */
function examplesOf(page: string): [string, string][] {
  const text = readFileSync(`${root}${page}`, 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length + 1;
    return [`${page}.line-${line}.ts`, `${match[1] ?? ''}\nexport {};\n`];
  });
}

function problemsOf(modules: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (file) => ts.sys.readFile(file)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const texts = new Map([...modules].map(([name, text]) => [`${root}${name}`, text]));
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => texts.has(file) || disk.fileExists(file),
    readFile: (file) => texts.get(file) ?? disk.readFile(file),
    getSourceFile: (file, version, ...rest) => {
      const text = texts.get(file);
      return text === undefined ? disk.getSourceFile(file, version, ...rest) : ts.createSourceFile(file, text, version);
    },
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  const files = [...texts.keys()].flatMap((file) => program.getSourceFile(file) ?? []);
  const found = files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]);
  return found.map(({ file, start = 0, messageText }) => {
    const where = file ? `${file.fileName.slice(root.length)}+${file.getLineAndCharacterOfPosition(start).line}` : '';
    return `${where}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}
