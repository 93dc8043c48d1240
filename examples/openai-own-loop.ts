import OpenAI from 'openai';
import { ComputerToolset } from 'openai/helpers/computer';
import type { ComputerDriver } from 'openai/helpers/computer';
import { notches, suppliedDesktop } from './supplied-desktop.ts';
import type { DesktopAction } from './supplied-desktop.ts';

/** OpenAI's own loop: the client asks through Vitrine, the driver acts on the desktop that comes with the first answer. */
export async function runToolset(url: string, token: string, task: string): Promise<{ readonly answer: string; readonly desktopId: string }> {
  const desktop = suppliedDesktop(url, token);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, fetch: desktop.fetch });
  const act = async (action: DesktopAction) => void (await desktop.act(action));
  const driver: ComputerDriver = {
    click: ({ x, y, button, keys }) => act({ type: 'click', x, y, button: button === 'wheel' ? 'middle' : button, modifiers: keys ?? [] }),
    double_click: ({ x, y, keys }) => act({ type: 'click', x, y, count: 2, modifiers: keys ?? [] }),
    drag: ({ path, keys }) => act({ type: 'drag', path, modifiers: keys ?? [] }),
    keypress: ({ keys }) => act({ type: 'key', keys }),
    move: ({ x, y, keys }) => act({ type: 'move', x, y, modifiers: keys ?? [] }),
    screenshot: async () => ({ type: 'computer_screenshot', image_url: `data:image/png;base64,${await desktop.act({ type: 'screenshot' })}` }),
    scroll: ({ x, y, scroll_x, scroll_y, keys }) => act({ type: 'scroll', x, y, dx: notches(scroll_x), dy: notches(scroll_y), modifiers: keys ?? [] }),
    type: ({ text }) => act({ type: 'type', text }),
    wait: () => act({ type: 'wait', ms: 1000 }),
  };
  const response = await new ComputerToolset(driver).run(client, { model: 'gpt-5.6', tools: [{ type: 'computer' }], input: task, store: false }, { maxSteps: 40 });
  return { answer: response.output_text, desktopId: desktop.id };
}

if (import.meta.main) console.log(await runToolset(process.env['VITRINE_URL'] ?? 'http://127.0.0.1:8080', process.env['VITRINE_TOKEN'] ?? '', process.argv[2] ?? "Run a Python script that prints 'Hello from my own loop'"));
