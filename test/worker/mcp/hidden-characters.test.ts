import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  listMixedScripts,
  toAsciiName,
  toSkeleton,
} from "../../../workers/contract/text/confusable-names.ts";
import {
  escapeHidden,
  hasHidden,
  listHidden,
  stripHidden,
} from "../../../workers/contract/text/hidden-characters.ts";

const range = (first: number, last = first) =>
  Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i));

/** Characters that no text shows, and those that change how the rest is shown. */
const HIDDEN = [
  ...range(0, 8),
  ...range(0xb, 0x1f),
  ...range(0x7f, 0x9f),
  ...[0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180e, 0x3164, 0xfeff, 0xffa0].flatMap((at) =>
    range(at),
  ),
  ...range(0x200b, 0x200f),
  ...range(0x202a, 0x202e),
  ...range(0x2060, 0x206f),
  ...range(0xd800, 0xdfff).filter((_, i) => i % 97 === 0),
  ...range(0xfff9, 0xfffb),
  ...range(0xe0000, 0xe007f),
  ...range(0xe0100, 0xe01ef),
  // Signs without ink, private use, noncharacters.
  ...[0x2800, 0x1d159, 0xe000, 0xf8ff, 0xf0000, 0xffffd, 0x100000, 0x10fffd].flatMap((at) =>
    range(at),
  ),
  ...range(0xfdd0, 0xfdef),
  ...range(0, 16).flatMap((_, plane) => range(plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff)),
];
/** Texts in which such characters belong to the writing. */
const NEEDED = ["می‌خواهم", "क्‍ष", "ශ්‍රී", "👩‍👩‍👧", "👩🏽‍💻", "🏳️‍🌈", "❤️", "1️⃣", "line\r\nline\ttab", "Zoë"];

describe("hidden characters", () => {
  test.each(HIDDEN.map((char) => [`U+${char.codePointAt(0)?.toString(16).toUpperCase()}`, char]))(
    "%s is hidden in a text of Latin letters",
    (_name, char) => {
      expect(hasHidden(`a${char}b`)).toBe(true);
      expect(stripHidden(`a${char}b`)).toBe("ab");
      expect(escapeHidden(`a${char}b`)).toBe(`a\\u{${char.codePointAt(0)?.toString(16)}}b`);
    },
  );

  test.each(NEEDED)("%j stays as it was written", (text) => {
    expect(stripHidden(text)).toBe(text);
    expect(escapeHidden(text)).toBe(text);
    expect(listHidden(text)).toEqual([]);
  });

  test("of variation selectors, in which data can be hidden, only that of an emoji's style stays", () => {
    expect(stripHidden("😀\ufe0f\ufe0e\ufe02\u{e0101}")).toBe("😀\ufe0f");
    for (const char of ["a", "—", "漢", "∩"])
      for (const selector of ["\ufe00", "\ufe0f", "\u{e0100}"])
        expect(stripHidden(char + selector)).toBe(char);
    expect(listHidden("a\u200b\u200bb\u{e0041}")).toEqual(["U+200B", "U+E0041"]);
  });

  test("separators of lines and paragraphs become line breaks", () => {
    expect(stripHidden("a\u2028b\u2029c\r\u2028d")).toBe("a\nb\nc\nd");
    expect(escapeHidden("a\u2028b")).toBe(String.raw`a\u{2028}b`);
    expect(listHidden("a\u2028b\u2029")).toEqual(["U+2028", "U+2029"]);
  });

  test("nothing is hidden in a text after they are removed or escaped, and visible text stays", () => {
    const piece = fc.oneof(
      fc.constantFrom(...HIDDEN),
      fc.constantFrom(
        ...NEEDED,
        "\u2028",
        "\u2029",
        "\u200d",
        "\u200c",
        "\ufe0f",
        "\ufe00",
        "a",
        "é",
        "\r",
        "\n",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, (value) => {
        const stripped = stripHidden(value);
        expect(hasHidden(stripped)).toBe(false);
        expect(stripHidden(stripped)).toBe(stripped);
        expect(hasHidden(escapeHidden(value))).toBe(false);
        expect(escapeHidden(value) === value).toBe(!hasHidden(value));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (value) => {
        expect(stripHidden(value)).toBe(value);
      }),
    );
  });
});

describe("names that look alike", () => {
  test.each([
    ["get_weather", "get_wеather"],
    ["list_all", "1ist_aII"],
    ["open", "0pen"],
    ["admin", "adrnin"],
    ["pay", "ｐａｙ"],
    ["pay", "pa\u200by"],
    ["Docs", "DOCS"],
    ["list", "LIST"],
    ["send_mail", "send-mail"],
    ["send_mail", "send__mail"],
    ["send_mail", "sendmail"],
    ["delete", "clelete"],
    ["exec_list", "execlist"],
    ["window", "vvindovv"],
    ["abcdefghijklmnoprstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"],
    ["BPDTGKJCZFMNLSRVHWXYAEIOU", "ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ"],
    ["ABCDEGHJKLMPRSTVWYZ", "ᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᎩᏃ"],
    ["Bank", "Bank."],
    ["Bank", "Bank\u2800"],
    ["Bank", "Ꞵank"],
    ["Bank", "Bạnk"],
    ["My Bank", "My\u2028Bank"],
  ])("%j and %j have the same skeleton", (one, other) => {
    expect(toSkeleton(one)).toBe(toSkeleton(other));
  });

  test("other names have other skeletons, and only mixed scripts that look alike are marked", () => {
    for (const [one, other] of [
      ["get_weather", "set_weather"],
      ["api-1.1", "api-11"],
      ["C", "C++"],
      ["C", "C#"],
      ["天気", "天"],
      ["क", "कि"],
    ] as const)
      expect(toSkeleton(one)).not.toBe(toSkeleton(other));
    expect(listMixedScripts("ꓐank")).toEqual(["Latin", "Lisu"]);
    expect(listMixedScripts("pаy")).toEqual(["Latin", "Cyrillic"]);
    for (const name of ["погода", "naïve", "天気 weather", "λόγος"])
      expect(listMixedScripts(name)).toEqual([]);
    expect(toAsciiName('a" b\u200bе')).toBe(String.raw`a\u{22}\u{20}b\u{200b}\u{435}`);
  });
});
