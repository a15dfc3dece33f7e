import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import {
  CollectionInput,
  CollectionSlug,
  type Collection,
} from "../../../../workers/contract/api/marketplace-curation.ts";
import { suggestSlug } from "../../../../workers/contract/text/suggest-slug.ts";
import { MARKETPLACE_KEY, saveCollection } from "../../api/curation.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { FormActions } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { findProblem } from "../../ui/find-problem.ts";
import { Switch } from "../../ui/switch.tsx";
import { showToast } from "../../ui/toast.ts";
import { LongText } from "../requests/long-text.tsx";
import { ServerList, type ListedServer } from "./server-list.tsx";

const route = getRouteApi("/signed-in/curation");

interface Draft {
  title: string;
  description: string;
  isPack: boolean;
  servers: ListedServer[];
}

function toDraft(collection: Collection | undefined): Draft {
  const { title = "", description = "", isPack = false, servers = [] } = collection ?? {};
  return {
    title,
    description,
    isPack,
    servers: servers.map(({ server, note }) => ({ name: server.name, title: server.title, note })),
  };
}

/** The form of a collection. `collection` absent: it is new, and its address must not be one that is `taken`. */
export function CollectionForm(props: { collection?: Collection; taken?: ReadonlySet<string> }) {
  const { collection, taken = new Set<string>() } = props;
  const navigate = route.useNavigate();
  const [draft, setDraft] = useState(() => toDraft(collection));
  const [typedSlug, setTypedSlug] = useState<string>();
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const { title, description, isPack, servers } = draft;
  const slug =
    collection?.slug ??
    typedSlug ??
    (title.trim() === "" ? "" : suggestSlug(title, "collection", taken));
  const input = CollectionInput.safeParse({
    ...draft,
    servers: servers.map(({ name, note }) => ({ name, note })),
  });
  const problem = findSlugProblem(slug, taken);
  const leave = () => void navigate({ search: { tab: "collections" } });
  const save = useApiMutation({
    run: () => saveCollection(slug, input.data ?? CollectionInput.parse(draft)),
    invalidate: [MARKETPLACE_KEY],
    onDone: () => {
      leave();
      showToast(`${title.trim()} saved`);
    },
  });
  return (
    <form
      className="flex flex-col gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (input.success) save.mutate(undefined);
      }}
    >
      <Field label="Title">
        <TextInput
          value={title}
          autoFocus={collection === undefined}
          maxLength={100}
          placeholder="First steps"
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
      </Field>
      {collection === undefined && (
        <SlugField slug={slug} problem={problem} onChange={setTypedSlug} />
      )}
      <LongText
        label="Description"
        hint="Shown on the front page and below the title."
        value={description}
        onChange={(next) => change({ description: next })}
        hasFocus={false}
      />
      <PackSwitch isPack={isPack} onChange={(next) => change({ isPack: next })} />
      <ServerList servers={servers} onChange={(next) => change({ servers: next })} />
      {servers.length > 0 && (
        <p role="alert" className="text-xs text-bad empty:hidden">
          {findProblem(input, "servers")}
        </p>
      )}
      <FormActions>
        <Button onClick={leave}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={save.isPending}
          disabled={!input.success || slug === "" || problem !== undefined}
        >
          {collection === undefined ? "Create" : "Save"}
        </Button>
      </FormActions>
    </form>
  );
}

function SlugField(props: {
  slug: string;
  problem: string | undefined;
  onChange: (slug: string) => void;
}) {
  const { slug, problem, onChange } = props;
  return (
    <Field
      label="Short name"
      error={problem}
      hint={`Its address is /marketplace/collections/${slug || "short-name"}. You cannot change it later.`}
    >
      <TextInput
        value={slug}
        spellCheck={false}
        className="font-mono"
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Field>
  );
}

function PackSwitch({ isPack, onChange }: { isPack: boolean; onChange: (next: boolean) => void }) {
  return (
    <div className="flex items-start gap-3">
      <Switch label="Starter pack" isOn={isPack} onChange={onChange} />
      <div aria-hidden>
        <p className="text-sm font-medium">Starter pack</p>
        <p className="text-xs text-dim">
          Its page has one configuration for all its servers, ten at most.
        </p>
      </div>
    </div>
  );
}

function findSlugProblem(slug: string, taken: ReadonlySet<string>): string | undefined {
  if (slug === "") return undefined;
  if (taken.has(slug)) return "Another collection has this short name.";
  return findProblem(CollectionSlug.safeParse(slug));
}
