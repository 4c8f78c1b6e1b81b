// The page of one model, with upstream's own component: the model whose id is
// behind the # of the address. What is cut or overlaps goes into the title.
import { createRoot } from "react-dom/client"
import { ModelArchWrapper } from "upstream/arch-overview"
import ours from "drawn/models"
import theirs from "upstream/models"

const id = decodeURIComponent(location.hash.slice(1))
const model = [...theirs, ...ours].find((m) => m.id === id)
createRoot(document.getElementById("root")!).render(<ModelArchWrapper model={model as never} />)

type Box = { id: string; box: DOMRect; cut: boolean }

function measure() {
  const pane = document.querySelector(".react-flow")!.getBoundingClientRect()
  const cards: Box[] = [...document.querySelectorAll<HTMLElement>(".react-flow__node")].map((node) => {
    const label = node.querySelector<HTMLElement>("span.font-medium")!
    const box = node.getBoundingClientRect()
    return { id: node.dataset.id!, box, cut: label.getBoundingClientRect().right > box.right }
  })
  const overlap = (a: DOMRect, b: DOMRect) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1
  const overlaps = cards.flatMap((a, i) => cards.slice(i + 1).filter((b) => overlap(a.box, b.box)).map((b) => `${a.id} and ${b.id}`))
  const outside = cards.filter(({ box }) => box.left < pane.left - 1 || box.right > pane.right + 1).length
  document.title = JSON.stringify({ id, cards: cards.length, cut: cards.filter((c) => c.cut).map((c) => c.id), overlaps, outside })
}
setTimeout(measure, 1500)
