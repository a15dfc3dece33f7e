import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";
import { CodeBlock } from "../../ui/copy.tsx";
import { formatLatency } from "../../ui/numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";

export interface Outcome {
  result: CallToolResult;
  tookMs: number;
}

/** What a tool answered: each piece of content by its kind, structured content as JSON. */
export function ToolResult({ outcome }: { outcome: Outcome }) {
  const { result, tookMs } = outcome;
  return (
    <Section
      title="Result"
      actions={
        <span className="flex items-center gap-2 text-xs text-dim">
          {result.isError === true ? (
            <Badge tone="bad">tool error</Badge>
          ) : (
            <Badge tone="ok">ok</Badge>
          )}
          {formatLatency(tookMs)}
        </span>
      }
    >
      <div className="flex flex-col gap-3 p-4" role="status">
        {result.content.map((block, index) => (
          // Blocks have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <Block key={index} block={block} />
        ))}
        {result.structuredContent !== undefined && (
          <figure>
            <figcaption className="mb-1 text-xs text-dim">Structured content</figcaption>
            <CodeBlock
              what="structured content"
              text={JSON.stringify(result.structuredContent, null, 2)}
            />
          </figure>
        )}
        {result.content.length === 0 && result.structuredContent === undefined && (
          <p className="text-dim">The tool answered without content.</p>
        )}
      </div>
    </Section>
  );
}

function Block({ block }: { block: ContentBlock }) {
  switch (block.type) {
    case "text":
      return (
        <pre className="overflow-x-auto font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere">
          {block.text}
        </pre>
      );
    case "image":
      return (
        <img
          src={toDataUrl(block.mimeType, block.data)}
          alt="Result of the tool"
          className="max-h-96 max-w-full self-start rounded-md border border-line"
        />
      );
    case "audio":
      return (
        // What a tool answers has no captions.
        // oxlint-disable-next-line jsx-a11y/media-has-caption
        <audio
          controls
          src={toDataUrl(block.mimeType, block.data)}
          aria-label="Result of the tool"
        />
      );
    case "resource_link":
      return (
        <div className="rounded-md border border-line p-3">
          <p className="font-medium">{block.title ?? block.name}</p>
          <p className="font-mono text-xs wrap-anywhere text-dim">{block.uri}</p>
          {block.description !== undefined && (
            <p className="mt-1 text-xs text-dim">{block.description}</p>
          )}
        </div>
      );
    case "resource":
      return (
        <figure className="rounded-md border border-line p-3">
          <figcaption className="mb-2 font-mono text-xs wrap-anywhere text-dim">
            {block.resource.uri} {block.resource.mimeType}
          </figcaption>
          {"text" in block.resource ? (
            <pre className="max-h-96 overflow-auto font-mono text-xs leading-5 whitespace-pre-wrap">
              {block.resource.text}
            </pre>
          ) : (
            <a
              className="link"
              download={block.resource.uri.split("/").at(-1) ?? "resource"}
              href={toDataUrl("application/octet-stream", block.resource.blob)}
            >
              Download
            </a>
          )}
        </figure>
      );
  }
}

/** Only what is drawn or played: a type that a server names is never one that runs. */
function toDataUrl(mimeType: string, base64: string): string {
  const type = /^(image|audio)\/[\w.+-]+$/.test(mimeType) ? mimeType : "application/octet-stream";
  return `data:${type};base64,${base64}`;
}
