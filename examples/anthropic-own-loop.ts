import Anthropic from '@anthropic-ai/sdk';
import { suppliedDesktop } from './supplied-desktop.ts';
import type { DesktopAction } from './supplied-desktop.ts';

type Use = Anthropic.Beta.BetaToolUseBlock;
type Input = { readonly action: string; readonly coordinate?: [number, number]; readonly text?: string; readonly scroll_direction?: string; readonly scroll_amount?: number; readonly duration?: number };

/** A loop of your own over Anthropic's Messages API: Vitrine supplies the desktop, and performs what this loop asks of it. */
export async function runLoop(url: string, token: string, task: string, model = 'claude-opus-4-8'): Promise<{ readonly answer: string; readonly desktopId: string }> {
  const desktop = suppliedDesktop(url, token);
  const client = new Anthropic({ baseURL: url, apiKey: token, fetch: desktop.fetch });
  const messages: Anthropic.Beta.BetaMessageParam[] = [{ role: 'user', content: task }];
  for (let turn = 0; turn < 40; turn += 1) {
    const message = await client.beta.messages.create({
      model, max_tokens: 4096, messages, betas: ['computer-use-2025-11-24'],
      tools: [{ type: 'computer_20251124', name: 'computer', display_width_px: 1024, display_height_px: 768 }],
    });
    const uses = message.content.filter((block): block is Use => block.type === 'tool_use');
    if (uses.length === 0) return { answer: message.content.flatMap((block) => (block.type === 'text' ? block.text : [])).join('\n'), desktopId: desktop.id };
    messages.push({ role: 'assistant', content: message.content });
    const results: Anthropic.Beta.BetaToolResultBlockParam[] = [];
    for (const use of uses) {
      const data = await desktop.act(...actionsOf(use.input as Input));
      results.push({ type: 'tool_result', tool_use_id: use.id, content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }] });
    }
    messages.push({ role: 'user', content: results });
  }
  throw new Error('no answer after 40 turns');
}

function actionsOf({ action, coordinate, text = '', scroll_direction: direction = 'down', scroll_amount: amount = 3, duration = 1 }: Input): DesktopAction[] {
  const at = coordinate === undefined ? {} : { x: coordinate[0], y: coordinate[1] };
  const keys = text.split('+');
  switch (action) {
    case 'screenshot': return [{ type: 'screenshot' }];
    case 'left_click': return [{ type: 'click', ...at }];
    case 'right_click': return [{ type: 'click', ...at, button: 'right' }];
    case 'double_click': return [{ type: 'click', ...at, count: 2 }];
    case 'mouse_move': return [{ type: 'move', ...at }];
    case 'scroll': return [{ type: 'scroll', ...at, [direction === 'up' || direction === 'down' ? 'dy' : 'dx']: direction === 'up' || direction === 'left' ? -amount : amount }];
    case 'type': return [{ type: 'type', text }];
    case 'key': return [{ type: 'key', keys }];
    case 'wait': return [{ type: 'wait', ms: duration * 1000 }];
    default: throw new Error(`this loop does not know the action ${action}`);
  }
}

if (import.meta.main) console.log(await runLoop(process.env['VITRINE_URL'] ?? 'http://127.0.0.1:8080', process.env['VITRINE_TOKEN'] ?? '', process.argv[2] ?? 'What is on the screen?'));
