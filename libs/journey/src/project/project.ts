import { refusal } from "@freehold/contract";
import { now, type Tx } from "@freehold/database";
import { newId } from "@freehold/values";

/** "Larkspur Reader" → "larkspur-reader": letters, digits and hyphens of any script's Latin form. */
export function slugOf(name: string): string {
  const slug = name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  if (slug.length < 2)
    throw refusal("request_invalid", "The project's name needs at least two letters or digits.", { field: "project" });
  return slug;
}

/**
 * The project of that slug or name; a name nobody used makes a new, unclaimed page (003-04: any favourite platform).
 * Nobody of the project has agreed to anything by that.
 */
export async function projectNamed(
  tx: Tx,
  name: string,
): Promise<{ id: string; slug: string; name: string; fundingState: string }> {
  const slug = slugOf(name);
  const known = await tx.project.findUnique({ where: { slug } });
  if (known !== null) return known;
  const at = await now(tx);
  const spaceId = newId();
  await tx.space.create({ data: { id: spaceId, kind: "project", name, createdAt: at } });
  const id = newId();
  // Two people may name the same new project at once: the slug decides, the loser's space stays empty.
  await tx.project.createMany({ data: [{ id, spaceId, slug, name, createdAt: at }], skipDuplicates: true });
  return tx.project.findUniqueOrThrow({ where: { slug } });
}
