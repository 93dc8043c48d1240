import type { DesktopTool } from '../dialects/transcript.ts';
import { places } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import type { DesktopHands } from './desktop.ts';
import type { ToolAnswer } from './desktop-tool.ts';

type Edit<Type extends DesktopTool['type']> = Extract<DesktopTool, { type: Type }>;

/** The largest text that is edited or shown. */
const maxTextBytes = 4 * 1024 * 1024;
const defaultCharacters = 30_000;
const contextLines = 4;

/** A file with line numbers, or a folder's entries. */
export async function viewPath(desktop: DesktopHands, tool: Edit<'view'>, signal: AbortSignal): Promise<ToolAnswer> {
  if (await isFolder(desktop, tool.path, signal)) return listFolder(desktop, tool.path, signal);
  const lines = (await readText(desktop, tool.path, signal)).split('\n');
  const [first, last] = tool.lines ?? [1, -1];
  const end = last === -1 ? lines.length : last;
  if (first > lines.length || end < first) return wrong(`${tool.path} has ${lines.length} lines; lines ${first} to ${last} are not among them`);
  const text = numbered(lines.slice(first - 1, end), first);
  const max = tool.maxCharacters ?? defaultCharacters;
  return right(text.length <= max ? text : `${text.slice(0, max)}\n… cut after ${max} characters: view fewer lines`);
}

/** Writes a file whole. */
export async function createFile(desktop: DesktopHands, tool: Edit<'create'>, signal: AbortSignal): Promise<ToolAnswer> {
  await writeText(desktop, tool.path, tool.text, signal);
  return right(`${tool.path} was written.`);
}

/** Replaces the only occurrence of a text. */
export async function replaceText(desktop: DesktopHands, tool: Edit<'replace'>, signal: AbortSignal): Promise<ToolAnswer> {
  const text = await readText(desktop, tool.path, signal);
  const parts = text.split(tool.old);
  if (parts.length === 1) return wrong(`the text to replace does not stand in ${tool.path}; nothing was changed`);
  if (parts.length > 2) return wrong(`the text to replace stands ${parts.length - 1} times in ${tool.path}; nothing was changed: give more of its surroundings`);
  await writeText(desktop, tool.path, parts.join(tool.new), signal);
  return right(`${tool.path} was changed:\n${around(parts.join(tool.new), (parts[0] ?? '').split('\n').length, tool.new.split('\n').length)}`);
}

/** Inserts text after a line; 0 is the beginning. */
export async function insertText(desktop: DesktopHands, tool: Edit<'insert'>, signal: AbortSignal): Promise<ToolAnswer> {
  const lines = (await readText(desktop, tool.path, signal)).split('\n');
  if (tool.line > lines.length) return wrong(`${tool.path} has ${lines.length} lines; nothing can be inserted after line ${tool.line}`);
  const inserted = tool.text.replace(/\n$/, '').split('\n');
  const changed = [...lines.slice(0, tool.line), ...inserted, ...lines.slice(tool.line)].join('\n');
  await writeText(desktop, tool.path, changed, signal);
  return right(`${tool.path} was changed:\n${around(changed, tool.line + 1, inserted.length)}`);
}

async function isFolder(desktop: DesktopHands, path: string, signal: AbortSignal): Promise<boolean> {
  const name = path.replace(/\/+$/, '');
  if (name === '' || name === '.' || name === places.home) return true;
  const relative = name.startsWith(`${places.home}/`) ? name.slice(places.home.length + 1) : name;
  const slash = relative.lastIndexOf('/');
  const { entries } = await desktop.listFiles({ path: slash === -1 ? '.' : relative.slice(0, slash), limit: 10_000 }, signal);
  const entry = entries.find((one) => one.path === relative);
  if (entry === undefined) throw new VitrineError('not_found', `there is no ${path}`);
  return entry.kind === 'folder';
}

async function listFolder(desktop: DesktopHands, path: string, signal: AbortSignal): Promise<ToolAnswer> {
  const { entries, truncated } = await desktop.listFiles({ path, limit: 500 }, signal);
  const lines = entries.map((entry) => `${entry.path}${entry.kind === 'folder' ? '/' : ''}`);
  return right([...lines, ...(truncated ? ['… and more'] : [])].join('\n') || '(an empty folder)');
}

async function readText(desktop: DesktopHands, path: string, signal: AbortSignal): Promise<string> {
  const { size, content } = await desktop.readFile(path, signal);
  if (size > maxTextBytes) throw new VitrineError('payload_too_large', `${path} has ${size} bytes; at most ${maxTextBytes} are edited or shown`);
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.includes('\0')) throw new VitrineError('unprocessable', `${path} is not a text file`);
  return text;
}

async function writeText(desktop: DesktopHands, path: string, text: string, signal: AbortSignal): Promise<void> {
  const content = (async function* () {
    yield Buffer.from(text, 'utf8');
  })();
  await desktop.writeFile(path, content, maxTextBytes, signal);
}

/** The lines around a change, with their numbers. */
function around(text: string, line: number, count: number): string {
  const lines = text.split('\n');
  const first = Math.max(1, line - contextLines);
  return numbered(lines.slice(first - 1, line + count - 1 + contextLines), first);
}

function numbered(lines: readonly string[], first: number): string {
  return lines.map((line, index) => `${String(first + index).padStart(6)}\t${line}`).join('\n');
}

function right(output: string): ToolAnswer {
  return { output, isError: false };
}

function wrong(output: string): ToolAnswer {
  return { output, isError: true };
}
