// Lets the site be searched where it is read from a folder: browsers start no worker for a page that
// is a file, so one runs in a hidden frame instead. The name is what mkdocs-material looks for.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.waiting = []
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.documentElement.append(frame)
      const inside = frame.contentWindow
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      const script = frame.contentDocument.createElement("script")
      script.src = url
      script.onload = () => {
        this.postMessage = data => inside.dispatchEvent(new MessageEvent("message", { data }))
        this.waiting.forEach(data => this.postMessage(data))
      }
      frame.contentDocument.head.append(script)
    }

    postMessage(data) {
      this.waiting.push(data)
    }
  }
}
