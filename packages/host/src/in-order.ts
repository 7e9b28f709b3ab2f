/** Begins each work when the one before it is over. One that fails fails all that come behind it. */
export function inOrder(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn;
    return turn;
  };
}
