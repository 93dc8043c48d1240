import { Agent, computerTool, OpenAIProvider, Runner } from '@openai/agents';
import type { Computer } from '@openai/agents';
import OpenAI from 'openai';
import { notches, suppliedDesktop } from './supplied-desktop.ts';
import type { DesktopAction } from './supplied-desktop.ts';

/** The agents SDK's loop: its provider asks through Vitrine, its computer is the desktop that comes with the first answer. */
export async function runAgent(url: string, token: string, task: string): Promise<{ readonly answer: string | undefined; readonly desktopId: string }> {
  const desktop = suppliedDesktop(url, token);
  const act = async (action: DesktopAction) => void (await desktop.act(action));
  const computer: Computer = {
    environment: 'ubuntu',
    dimensions: [1280, 800],
    screenshot: () => desktop.act({ type: 'screenshot' }),
    click: (x, y, button) => act({ type: 'click', x, y, button: button === 'wheel' ? 'middle' : button }),
    doubleClick: (x, y) => act({ type: 'click', x, y, count: 2 }),
    scroll: (x, y, scrollX, scrollY) => act({ type: 'scroll', x, y, dx: notches(scrollX), dy: notches(scrollY) }),
    type: (text) => act({ type: 'type', text }),
    wait: () => act({ type: 'wait', ms: 1000 }),
    move: (x, y) => act({ type: 'move', x, y }),
    keypress: (keys) => act({ type: 'key', keys }),
    drag: (path) => act({ type: 'drag', path: path.map(([x, y]) => ({ x, y })) }),
  };
  const openAIClient = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, fetch: desktop.fetch });
  const agent = new Agent({ name: 'operator', model: 'gpt-5.6', tools: [computerTool({ computer })] });
  const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient }), tracingDisabled: true });
  const { finalOutput } = await runner.run(agent, task, { maxTurns: 40 });
  return { answer: finalOutput, desktopId: desktop.id };
}

if (import.meta.main) console.log(await runAgent(process.env['VITRINE_URL'] ?? 'http://127.0.0.1:8080', process.env['VITRINE_TOKEN'] ?? '', process.argv[2] ?? "Run a Python script that prints 'Hello from an agent'"));
