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

;; What the README has people paste.
(load (getenv "README_EL") nil t)
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
  (setq-default eglot-workspace-configuration '((:fibLs . (:huggingface (:offline t)))))
  (find-file file)
  (fib-check "the README's block chooses the mode" (eq major-mode 'fib-models-mode) major-mode)
  (run-hooks 'post-command-hook) ; which a command would have run
  (fib-wait "the README's block starts the server" (setq server (eglot-current-server)))
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
    (cl-flet* ((actions ()
                 (append (jsonrpc-request server :textDocument/codeAction
                                          (list :textDocument (eglot--TextDocumentIdentifier)
                                                :range (list :start (eglot--pos-to-lsp-position) :end (eglot--pos-to-lsp-position))
                                                :context (list :diagnostics [])))
                         nil))
               (titles () (mapcar (lambda (a) (plist-get a :title)) (actions)))
               (action (title) (cl-find-if (lambda (a) (equal (plist-get a :title) title)) (actions))))
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
      ;; The README's command.
      (setq fib-messages nil)
      (fib-ls-add-model "Qwen/Qwen3-8B")
      (fib-wait "fib-ls-add-model inserts an entry" (string-match-p "id: \"qwen3-8b\"" (buffer-string)) fib-messages)
      (sync)
      (fib-wait "the message says how sure it is" (cl-some (lambda (m) (string-match-p "sizes" m)) fib-messages) fib-messages)
      (sync)
      (cl-flet ((replace (old new) (find-text old) (delete-region (point) (+ (point) (length old))) (insert new) (sync)))
        ;; Completion: the name that the module needs stands first, preselected.
        (replace "\"gemm_n4096_k12288\"" "\"\"")
        (find-text "definitions: [\"\"]")
        (forward-char (length "definitions: [\""))
        (let* ((list (jsonrpc-request server :textDocument/completion (eglot--TextDocumentPositionParams)))
               (item (elt (plist-get list :items) 0)))
          (fib-check "what the module needs is completed first"
                     (and (equal (plist-get item :label) "gemm_n4096_k12288") (eq t (plist-get item :preselect))) item))
        (replace "definitions: [\"\"]" "definitions: [\"gemm_n4096_k12288\"]")
        ;; Fixes: all of a rule at once, ignoring a rule, its documentation.
        (let ((before (buffer-string)))
          (replace "parent: \"decoder_layers\"" "parent: \"decoder_layerz\"")
          (replace "parent: \"decoder_layers\"" "parent: \"decoder_layerz\"")
          (fib-wait "the wrong parents are found" (progn (flymake-start) (diagnosed "unknown-parent")) (codes))
          (find-text "\"decoder_layerz\"")
          (eglot--apply-workspace-edit (plist-get (action "Fix all unknown-parent in this file (2)") :edit))
          (sync)
          (fib-check "all of a rule are fixed" (equal before (buffer-string)))
          (fib-wait "their diagnostics go" (progn (flymake-start) (not (diagnosed "unknown-parent"))) (codes)))
        (replace "count: 36" "count: 35")
        (fib-wait "a wrong count is found" (progn (flymake-start) (diagnosed "config-layer-count")) (codes))
        (find-text "count: 35")
        (forward-char 8)
        (let ((ignore (action "Ignore config-layer-count here")))
          (fib-check "the rule can be ignored" ignore)
          (fib-check "a fix by the config says that it is unsafe"
                     (cl-some (lambda (title) (string-match-p "(unsafe)" title)) (titles)))
          (fib-check "and explained" (action "Explain config-layer-count"))
          (eglot--apply-workspace-edit (plist-get ignore :edit)))
        (sync)
        (fib-wait "what is ignored goes" (progn (flymake-start) (not (diagnosed "config-layer-count"))) (codes))
        (let ((rule (jsonrpc-request server :workspace/executeCommand '(:command "fib-ls.explainRule" :arguments ["config-layer-count"]))))
          (fib-check "a rule is explained without the network" (string-match-p "num_hidden_layers" (plist-get rule :markdown)) rule))
        ;; Update shows what it changes; the question is answered with nothing.
        (setq fib-messages nil)
        (let ((before (buffer-string)))
          (fib-ls-add-model "Qwen/Qwen3-8B")
          (fib-wait "an update asks, line by line" (cl-some (lambda (m) (string-match-p "count 35 becomes 36" m)) fib-messages) fib-messages)
          (dotimes (_ 10) (accept-process-output nil 0.02))
          (fib-check "and changes nothing when it is declined" (equal before (buffer-string)))))
      ;; Verify, and the hover of the entry.
      (setq fib-messages nil)
      (jsonrpc-request server :workspace/executeCommand '(:command "fib-ls.verify" :arguments ["qwen3-8b"]))
      (fib-wait "the user is told how the entry stands" (cl-some (lambda (m) (string-match-p "qwen3-8b is disputed" m)) fib-messages) fib-messages)
      (find-text "\"qwen3-8b\"")
      (forward-char 2)
      (let ((hover (jsonrpc-request server :textDocument/hover (eglot--TextDocumentPositionParams))))
        (fib-check "hover says how sure the entry is" (string-match-p "Confidence: disputed" (format "%S" hover)) hover))
      ;; After the marker every character filters.
      (find-text "] satisfies")
      (insert "  // fib: add Qwen/Qwen3-8\n")
      (sync)
      (backward-char 1)
      (let* ((list (jsonrpc-request server :textDocument/completion (eglot--TextDocumentPositionParams)))
             (items (append (plist-get list :items) nil)))
        (fib-check "after the marker every character filters"
                   (and items (eq t (plist-get list :isIncomplete)) (cl-every (lambda (i) (string-prefix-p "Qwen/Qwen3-8" (plist-get i :label))) items)) list))
      (delete-region (line-beginning-position) (1+ (line-end-position)))
      (sync)
      ;; The kernel inventory of a model, and what could be added next.
      (let ((plan (jsonrpc-request server :workspace/executeCommand `(:command "fib-ls.plan" :arguments ["Qwen/Qwen3-8B" ,(eglot--path-to-uri file)]))))
        (fib-check "plan lists the Definitions of a model" (string-match-p "gemm_n4096_k12288" (plist-get plan :text)) plan))
      (let ((discover (jsonrpc-request server :workspace/executeCommand '(:command "fib-ls.discover" :arguments []))))
        (fib-check "discover lists models that could be added" (> (length (plist-get discover :candidates)) 0) discover))
      (cl-flet ((listed () (cl-some (lambda (c) (cl-find "Qwen/Qwen3-32B" (plist-get c :repo_ids) :test #'equal))
                                    (plist-get (jsonrpc-request server :workspace/executeCommand '(:command "fib-ls.discover" :arguments [])) :candidates)))
                (rename (old new) (find-text old) (delete-region (point) (+ (point) (length old))) (insert new) (sync)))
        (fib-check "a model that is served is among them" (listed))
        (rename "name: \"Tiny → 𝒳\"" "name: \"Qwen3 32B\"")
        (fib-check "discover leaves out what the buffer has" (not (listed)))
        (rename "name: \"Qwen3 32B\"" "name: \"Tiny → 𝒳\""))
      ;; The entry as a text.
      (let ((shown (jsonrpc-request server :workspace/executeCommand '(:command "fib-ls.showEntry" :arguments ["qwen3-8b"]))))
        (fib-check "an entry is shown as a text" (string-match-p "modules" (plist-get shown :markdown)) shown))
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
