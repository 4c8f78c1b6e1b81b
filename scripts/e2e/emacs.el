;;; emacs.el --- drives the built server from Emacs's eglot -*- lexical-binding: t -*-
;; Emacs 28 with Debian's elpa-eglot, in batch mode. Run by scripts/e2e.sh, which
;; sets FIB_LS (the binary), WORK (a scratch workspace) and HANG (the port of a
;; Hub that never answers).
(require 'cl-lib)
(require 'package)
;; Debian's packages, which are not seen in batch mode.
(add-to-list 'package-directory-list "/usr/share/emacs/site-lisp/elpa")
(package-initialize)
(require 'eglot)
(require 'flymake)

(defvar fib-passed 0)
(defvar fib-messages nil)

(defun fib-check (name ok &optional detail)
  (unless ok
    (princ (format "not ok - emacs: %s %S\n" name detail))
    (kill-emacs 1))
  (cl-incf fib-passed)
  (princ (format "ok - emacs: %s\n" name)))

(defmacro fib-wait (name condition &optional detail)
  `(let ((tries 1000) ok)
     (while (and (not (setq ok ,condition)) (> (cl-decf tries) 0))
       (accept-process-output nil 0.02))
     (fib-check ,name ok ,detail)))

;; Emacs 28 has no mode for TypeScript; its name is what eglot tells the server.
(define-derived-mode typescript-mode js-mode "TypeScript")
(setq eglot-send-changes-idle-time 0
      eglot-autoshutdown nil
      eglot-confirm-server-initiated-edits nil
      eglot-connect-timeout 30
      flymake-no-changes-timeout nil
      make-backup-files nil)

;; What the server says and asks; questions are answered with nothing.
(cl-defmethod eglot-handle-notification :before (_server (_m (eql window/showMessage)) &key message &allow-other-keys)
  (push message fib-messages))
(cl-defmethod eglot-handle-request ((_server eglot-lsp-server) (_m (eql window/showMessageRequest)) &key message &allow-other-keys)
  (push message fib-messages)
  nil)

(let* ((work (getenv "WORK"))
       (file (expand-file-name "web/apps/web/data/models.ts" work))
       server)
  (find-file file)
  (typescript-mode)
  (setq-default eglot-workspace-configuration '((:fibLs . (:huggingface (:offline t)))))
  (setq server (eglot--connect '(typescript-mode) (cons 'transient work) 'eglot-lsp-server
                               (list (getenv "FIB_LS") "serve") "typescript"))
  (eglot--maybe-activate-editing-mode)
  (fib-check "connected" (jsonrpc-running-p server))
  (cl-flet* ((find-text (text) (goto-char (point-min)) (search-forward text) (goto-char (match-beginning 0)))
             (codes () (mapcar (lambda (d) (flymake-diagnostic-text d)) (flymake-diagnostics)))
             (diagnosed (rule) (cl-find-if (lambda (d) (string-match-p (regexp-quote rule) (flymake-diagnostic-text d))) (flymake-diagnostics)))
             (sync () (eglot--signal-textDocument/didChange)))
    ;; Diagnostics, at the right column behind characters of every width.
    (fib-wait "diagnostics appear" (progn (flymake-start) (diagnosed "unknown-parent")) (codes))
    (let ((d (diagnosed "unknown-parent")))
      (find-text "\"layerz\"")
      (fib-check "on the right line and column"
                 (and (= (flymake-diagnostic-beg d) (point)) (= (flymake-diagnostic-end d) (+ (point) 8)))
                 (list (flymake-diagnostic-beg d) (flymake-diagnostic-end d) (point))))
    ;; Hover.
    (find-text "gemm_n6144_k4096")
    (let ((hover (jsonrpc-request server :textDocument/hover (eglot--TextDocumentPositionParams))))
      (fib-check "hover decodes a Definition" (string-match-p "n = 6144" (format "%S" hover)) hover))
    ;; Quick fix and rename.
    (cl-flet ((action (title)
                (cl-find-if (lambda (a) (equal (plist-get a :title) title))
                            (append (jsonrpc-request server :textDocument/codeAction
                                                     (list :textDocument (eglot--TextDocumentIdentifier)
                                                           :range (list :start (eglot--pos-to-lsp-position) :end (eglot--pos-to-lsp-position))
                                                           :context (list :diagnostics [])))
                                    nil))))
      (find-text "\"layerz\"")
      (let ((fix (action "Change the parent to \"layers\"")))
        (fib-check "the quick fix is offered" fix)
        (eglot--apply-workspace-edit (plist-get fix :edit)))
      (sync)
      (fib-check "the quick fix is applied" (string-match-p "parent: \"layers\", type: \"layer\", definitions: \\[\"gemm" (buffer-string)))
      (fib-wait "its diagnostic goes" (progn (flymake-start) (not (diagnosed "unknown-parent"))) (codes))
      (find-text "layers: {")
      (eglot-rename "decoder_layers")
      (sync)
      (fib-check "rename changes the key and its parents"
                 (and (string-match-p "decoder_layers: {" (buffer-string))
                      (= 2 (save-excursion (goto-char (point-min)) (how-many "\"decoder_layers\"")))))
      ;; Marker comment -> code action -> entry.
      (find-text "] satisfies")
      (insert "  // fib: add Qwen/Qwen3-0.6B skip-sglang=true\n")
      (sync)
      (fib-wait "the marker is found" (progn (flymake-start) (diagnosed "add-model")) (codes))
      (find-text "fib: add")
      (let* ((add (action "Add model from HuggingFace: Qwen/Qwen3-0.6B"))
             (command (plist-get add :command)))
        (fib-check "the action is offered" command add)
        (let ((ack (jsonrpc-request server :workspace/executeCommand
                                    (list :command (plist-get command :command) :arguments (plist-get command :arguments)))))
          (fib-check "the job is acknowledged" (plist-get ack :jobId) ack)))
      (fib-wait "the entry is inserted" (string-match-p "id: \"qwen3-0.6b\"" (buffer-string)) fib-messages)
      (fib-check "the marker is gone" (not (string-match-p "fib: add" (buffer-string))))
      (sync)
      (fib-wait "the user is told" (cl-some (lambda (m) (string-match-p "Added qwen3" m)) fib-messages) fib-messages)
      ;; Cancel: a Hub that never answers, by a change of the settings.
      (setq-default eglot-workspace-configuration
                    `((:fibLs . (:huggingface (:offline :json-false :endpoint ,(concat "http://127.0.0.1:" (getenv "HANG")))))))
      (jsonrpc-notify server :workspace/didChangeConfiguration
                      `(:settings (:fibLs (:huggingface (:offline :json-false :endpoint ,(concat "http://127.0.0.1:" (getenv "HANG")))))))
      ;; The server asks for the settings; that takes a moment.
      (dotimes (_ 25) (accept-process-output nil 0.02))
      (let* ((before (buffer-string))
             (ack (jsonrpc-request server :workspace/executeCommand
                                   `(:command "fib-ls.addModel" :arguments [(:repoId "nobody/Hangs-7B" :uri ,(eglot--path-to-uri file))]))))
        (fib-wait "it is under way" (let ((n 10)) (while (> (cl-decf n) 0) (accept-process-output nil 0.02)) t))
        (let ((r (jsonrpc-request server :workspace/executeCommand `(:command "fib-ls.cancel" :arguments [,(plist-get ack :jobId)]))))
          (fib-check "cancel finds the job" (eq t (plist-get r :cancelled)) r))
        (fib-wait "the user is told that it was cancelled" (cl-some (lambda (m) (string-match-p "cancelled" m)) fib-messages) fib-messages)
        (fib-check "the text is as it was" (equal before (buffer-string))))))
  (set-buffer-modified-p nil)
  (eglot-shutdown server nil 10)
  (fib-check "the server leaves" (not (jsonrpc-running-p server)))
  (princ (format "# emacs %s, eglot: %d checks\n" emacs-version fib-passed)))
;;; emacs.el ends here
