import type { DesktopTool } from '../dialects/transcript.ts';
import type { DesktopHands } from './desktop.ts';
import { createFile, insertText, replaceText, viewPath } from './file-editor.ts';

/** What a tool answered, as text for the model. */
export type ToolAnswer = { readonly output: string; readonly isError: boolean };

/** Uses a tool inside the desktop, as the agent's user. Throws VitrineError when the desktop cannot be asked, or refuses the path. */
export async function useDesktopTool(desktop: DesktopHands, tool: DesktopTool, signal: AbortSignal): Promise<ToolAnswer> {
  switch (tool.type) {
    case 'shell':
      return runInShell(desktop, tool, signal);
    case 'view':
      return viewPath(desktop, tool, signal);
    case 'create':
      return createFile(desktop, tool, signal);
    case 'replace':
      return replaceText(desktop, tool, signal);
    case 'insert':
      return insertText(desktop, tool, signal);
  }
}

/**
 * Each command is a shell of its own that first takes up, and afterwards leaves behind, folder and variables. Programs that
 * it started in the background end with it, unless they were started with setsid.
 */
const script = `
state="$HOME/.cache/vitrine-shell"
mkdir -p "$state"
if [ "$2" = restart ]; then rm -f "$state/variables" "$state/folder"; fi
[ -f "$state/variables" ] && . "$state/variables" 2>/dev/null
[ -f "$state/folder" ] && cd "$(cat "$state/folder")" 2>/dev/null
trap 'code=$?; export -p > "$state/variables"; pwd > "$state/folder"; exit $code' EXIT
eval "$1"
`;

async function runInShell(desktop: DesktopHands, tool: Extract<DesktopTool, { type: 'shell' }>, signal: AbortSignal): Promise<ToolAnswer> {
  const argv = ['bash', '-c', script, 'shell', tool.command, tool.restart ? 'restart' : ''];
  const result = await desktop.runProgram({ argv, deadlineMs: tool.timeoutMs }, signal);
  const parts = [result.stdout.toString('utf8'), result.stderr.toString('utf8')].filter((text) => text !== '');
  if (result.truncated) parts.push('(output beyond the limit was thrown away)');
  if (result.timedOut) parts.push(`(stopped after ${tool.timeoutMs} ms)`);
  else if (result.exitCode !== 0) parts.push(`(exit code ${result.exitCode ?? `none: ${result.signal}`})`);
  return { output: parts.join('\n') || (tool.restart && tool.command === '' ? 'The shell was restarted.' : '(no output)'), isError: result.exitCode !== 0 };
}

