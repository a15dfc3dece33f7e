import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { classNames } from "../../ui/class-names.ts";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { isChosen, type Tool } from "./suggest-tools.ts";

interface Props {
  tools: Tool[];
  /** Most tools that the client takes. */
  limit: number;
  value: string[] | null;
  onClose: () => void;
  /** `rules`: null: all tools. */
  onSave: (rules: string[] | null) => void;
}

/** Chooses whole servers, with what they add later, and single tools. */
export function ToolDialog({ tools, limit, value, onClose, onSave }: Props) {
  const servers = [...Map.groupBy(tools, ({ serverSlug }) => serverSlug)];
  const [rules, setRules] = useState(value ?? servers.map(([slug]) => `${slug}:*`));
  const [q, setQ] = useState("");
  const count = tools.filter((tool) => isChosen(rules, tool)).length;
  const isAll = servers.every(([slug]) => rules.includes(`${slug}:*`));
  const matches = ({ exposedName, name, description }: Tool) =>
    `${exposedName} ${name} ${description ?? ""}`.toLowerCase().includes(q.toLowerCase());
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Tools of this connection"
      description="The token lists and calls only these tools. A whole server includes tools that it adds later, its prompts and its resources."
      isWide
    >
      <SearchInput label="Search tools" value={q} onChange={(next) => setQ(next ?? "")} />
      <div className="mt-3 flex max-h-[50dvh] flex-col gap-3 overflow-y-auto rounded-md border border-line p-3">
        {servers.map(([slug, list]) => (
          <ServerTools
            key={slug}
            slug={slug}
            all={list}
            shown={list.filter(matches)}
            rules={rules}
            onChange={setRules}
          />
        ))}
      </div>
      <p
        className={classNames("mt-3 text-sm", count > limit ? "text-bad" : "text-dim")}
        aria-live="polite"
      >
        {count} of {tools.length} chosen
        {limit !== Infinity && `; the client takes at most ${limit}`}
      </p>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          variant="primary"
          disabled={count === 0}
          onClick={() => onSave(isAll ? null : rules)}
        >
          Save
        </Button>
      </FormActions>
    </Dialog>
  );
}

interface ServerProps {
  slug: string;
  all: Tool[];
  shown: Tool[];
  rules: string[];
  onChange: (rules: string[]) => void;
}

function ServerTools({ slug, all, shown, rules, onChange }: ServerProps) {
  if (shown.length === 0) return null;
  const isWhole = rules.includes(`${slug}:*`);
  const others = rules.filter((rule) => !rule.startsWith(`${slug}:`));
  const chosen = all.filter((tool) => isChosen(rules, tool)).map(({ name }) => name);
  const setTool = (name: string, isOn: boolean) => {
    const names = isOn ? [...chosen, name] : chosen.filter((other) => other !== name);
    onChange([...others, ...names.map((each) => `${slug}:${each}`)]);
  };
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1 flex items-center gap-2 text-sm font-medium">
        <Checkbox
          label={`All tools of ${slug}`}
          isChecked={isWhole}
          isMixed={!isWhole && chosen.length > 0}
          onChange={(isOn) => onChange(isOn ? [...others, `${slug}:*`] : others)}
        />
        {all[0]?.serverName ?? slug}
        <span className="text-xs font-normal text-dim">
          {chosen.length} of {all.length}
        </span>
      </legend>
      {shown.map((tool) => (
        <div key={tool.name} className="flex min-w-0 items-center gap-2 pl-6 text-sm">
          <Checkbox
            label={tool.exposedName}
            isChecked={isChosen(rules, tool)}
            onChange={(isOn) => setTool(tool.name, isOn)}
          />
          <span className="min-w-0 truncate font-mono text-xs">
            <ForeignName name={tool.exposedName} />
          </span>
        </div>
      ))}
    </fieldset>
  );
}
