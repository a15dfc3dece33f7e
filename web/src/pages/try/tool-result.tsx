import type { ContentBlock } from "@modelcontextprotocol/client";
import { escapeHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import { formatLatency } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { LargeText } from "./large-text.tsx";
import type { CheckedResult, ResultFault } from "./result-faults.ts";

/** The result of a tool call, with its latency in the browser. */
export interface ToolCallResult extends CheckedResult {
  latencyMs: number;
}

/** Renders a tool's result: content blocks by type, structured content as JSON. */
export function ToolResult({ result, fault, latencyMs }: ToolCallResult) {
  return (
    <Section
      title="Result"
      actions={
        <span className="flex items-center gap-2 text-xs text-dim">
          {fault ? (
            <Badge tone="bad">Invalid result</Badge>
          ) : result.isError === true ? (
            <Badge tone="bad">Tool error</Badge>
          ) : (
            <Badge tone="ok">Success</Badge>
          )}
          {formatLatency(latencyMs)}
        </span>
      }
    >
      <div className="flex flex-col gap-3 p-4" role="status">
        {fault && <Fault fault={fault} />}
        {result.content.map((block, index) => (
          // Content blocks have no id.
          // oxlint-disable-next-line react/no-array-index-key
          <Block key={index} block={block} />
        ))}
        {result.structuredContent !== undefined && (
          <figure>
            <figcaption className="mb-1 text-xs text-dim">Structured content</figcaption>
            <LargeText
              contentName="structured content"
              fileType="json"
              text={JSON.stringify(result.structuredContent, null, 2)}
            />
          </figure>
        )}
        {!fault && result.content.length === 0 && result.structuredContent === undefined && (
          <p className="text-dim">The tool returned no content.</p>
        )}
      </div>
    </Section>
  );
}

function Fault({ fault }: { fault: ResultFault }) {
  return (
    <Notice tone="warn">
      <p>{fault.sentence} Its valid parts are shown.</p>
      <details className="mt-1">
        <summary>Details</summary>
        <pre className="mt-1 max-h-60 overflow-auto font-mono text-xs whitespace-pre-wrap">
          {escapeHidden(fault.details)}
        </pre>
      </details>
    </Notice>
  );
}

function Block({ block }: { block: ContentBlock }) {
  switch (block.type) {
    case "text":
      return <LargeText contentName="text" text={block.text} />;
    case "image":
      return (
        <img
          src={toDataUrl(block.mimeType, block.data)}
          alt="Tool result"
          className="max-h-96 max-w-full self-start rounded-md border border-line"
        />
      );
    case "audio":
      return (
        // Audio of a tool result has no captions.
        // oxlint-disable-next-line jsx-a11y/media-has-caption
        <audio controls src={toDataUrl(block.mimeType, block.data)} aria-label="Tool result" />
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
            <LargeText contentName="resource" text={block.resource.text} />
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

/** Data URL of a tool's content. Types other than image and audio become a download, so no document or script runs. */
function toDataUrl(mimeType: string, base64: string): string {
  const type = /^(image|audio)\/[\w.+-]+$/.test(mimeType) ? mimeType : "application/octet-stream";
  return `data:${type};base64,${base64}`;
}
