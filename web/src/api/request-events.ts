import type { z } from "zod";
import { requestResponse } from "./request.ts";

const DATA = "data: ";

/** Sends a request whose response is server-sent events, each with one line of JSON, and calls `onEvent` with each. Throws `ApiError`. */
export async function requestEvents<T extends z.ZodType>(
  schema: T,
  path: string,
  body: unknown,
  onEvent: (event: z.infer<T>) => void,
): Promise<void> {
  const response = await requestResponse("POST", path, body);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (reader) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines)
      if (line.startsWith(DATA)) onEvent(schema.parse(JSON.parse(line.slice(DATA.length))));
  }
}
