import type { Dirent } from "node:fs";
import { readdir, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";

const listed = (folder: string): Promise<Dirent[]> => readdir(folder, { withFileTypes: true }).catch(() => []);

/** What a folder takes on the disk with all that is in it, in bytes; each file counts as whole blocks of 4 kB. */
export async function sizeOfFolder(folder: string): Promise<number> {
  let size = 0;
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of await listed(at)) {
      const place = path.join(at, entry.name);
      if (entry.isDirectory()) folders.push(place);
      // A file that git renames meanwhile is counted under its new name the next time.
      else
        size +=
          Math.ceil(
            (await stat(place).then(
              (one) => one.size,
              () => 0,
            )) / 4096,
          ) * 4096;
    }
  }
  return size;
}

/** Bytes that an ordinary user may still write to the disk a folder lies on. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Every file among a mirror's objects, by its path. */
export async function objectFiles(mirror: string): Promise<Set<string>> {
  const files = new Set<string>();
  const objects = path.join(mirror, "objects");
  for (const folder of await listed(objects)) {
    if (!folder.isDirectory()) continue;
    for (const entry of await listed(path.join(objects, folder.name))) {
      files.add(path.join(objects, folder.name, entry.name));
    }
  }
  return files;
}

/**
 * Whether what came since is a pack with its index and nothing else: the only form in which git looks at every object as
 * it takes it in.
 */
export async function cameAsOnePack(mirror: string, before: ReadonlySet<string>): Promise<boolean> {
  const objects = path.join(mirror, "objects");
  const fresh = [...(await objectFiles(mirror))].filter((file) => !before.has(file));
  const names = fresh.map((file) => path.relative(objects, file));
  const packs = new Set(names.map((name) => name.replace(/\.(pack|idx|rev)$/, "")));
  return packs.size <= 1 && names.every((name) => /^pack\/pack-[0-9a-f]{40}\.(pack|idx|rev)$/.test(name));
}

/**
 * Removes every object file that was not there before: what a broken or refused fetch left. Gives the largest size seen,
 * in bytes.
 */
export async function removeNewObjects(mirror: string, before: ReadonlySet<string>): Promise<number> {
  let largest = 0;
  for (const file of await objectFiles(mirror)) {
    if (before.has(file)) continue;
    largest = Math.max(
      largest,
      await stat(file).then(
        (one) => one.size,
        () => 0,
      ),
    );
    await rm(file, { recursive: true, force: true });
  }
  await rm(path.join(mirror, "shallow"), { force: true });
  return largest;
}

/**
 * Removes what a killed git left behind: locks, half files, packs without their index, objects that are in no pack. Only for who holds the mirror, so
 * that nobody who could still need them is alive.
 */
export async function sweepLeftovers(mirror: string): Promise<void> {
  const gone = (...names: string[]) => rm(path.join(...names), { recursive: true, force: true });
  for (const { name } of await listed(mirror)) if (/\.lock$|\.half$|^shallow$/.test(name)) await gone(mirror, name);
  const folders = [path.join(mirror, "refs")];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of await listed(at)) {
      if (entry.isDirectory()) folders.push(path.join(at, entry.name));
      else if (entry.name.endsWith(".lock")) await gone(at, entry.name);
    }
  }
  const files = await objectFiles(mirror);
  for (const file of files) {
    const name = path.basename(file);
    const alone = name.endsWith(".pack") && !files.has(file.replace(/\.pack$/, ".idx"));
    // An object on its own came from nobody who was asked to look at it: all that we take is in packs.
    const loose = /^[0-9a-f]{2}$/.test(path.basename(path.dirname(file)));
    if (alone || loose || /^tmp_|\.temp$|\.lock$|^incoming-/.test(name)) await gone(file);
  }
}
