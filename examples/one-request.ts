import OpenAI from 'openai';

/** One ordinary request; the desktop, the loop and the safety checks are Vitrine's. */
export async function askOnce(url: string, token: string): Promise<string | null | undefined> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token });
  const request = {
    model: 'gpt-4o',
    tools: [{ type: 'computer_20241022', name: 'computer', display_width_px: 1024, display_height_px: 768 }],
    betas: ['computer-use-2024-10-22'],
    messages: [{ role: 'user', content: "Run a Python script that prints 'Hello from computer use'" }],
  };
  /* The tool is Anthropic's, which the types of OpenAI's client do not know. */
  const completion = await client.chat.completions.create(request as unknown as OpenAI.Chat.ChatCompletionCreateParamsNonStreaming);
  return completion.choices[0]?.message.content;
}

if (import.meta.main) console.log(await askOnce(process.env['VITRINE_URL'] ?? 'http://127.0.0.1:8080', process.env['VITRINE_TOKEN'] ?? ''));
