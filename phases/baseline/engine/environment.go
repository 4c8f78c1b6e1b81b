package engine

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// The run-time environment that the reader takes for granted: one CUDA device
// of Hopper's generation, no parallelism (first and last rank), so that sizes are
// those of the whole model, no fusion of shared experts, server arguments and
// environment variables at their defaults.

// Name returns the value that stands for a function of SGLang whose result is a
// fact of the environment; nil when there is none.
func (e *Engine) Name(_ *pyeval.Interp, modname, name string) pyeval.Value {
	if name == "current_platform" {
		return platform()
	}
	if !InSGLang(modname) {
		return nil
	}
	switch {
	case name == "envs" && strings.HasSuffix(modname, ".environ"):
		return pyeval.NewStub("envs", e.environmentVariable)
	case name == "logger":
		return pyeval.SilentStub("logger")
	}
	return e.overrides[name]
}

func platform() *pyeval.Stub {
	return pyeval.NewStub("platform", func(in *pyeval.Interp, name string) pyeval.Value {
		if strings.HasPrefix(name, "is_") {
			return pyeval.Constant(name == "is_cuda" || name == "is_cuda_alike")
		}
		return pyeval.Constant(pyeval.Unknownf("platform.%s", name))
	})
}

// newOverrides makes the table of functions whose result the environment
// decides.
func (e *Engine) newOverrides() map[string]pyeval.Value {
	table := map[string]pyeval.Value{}
	put := func(v pyeval.Value, names string) {
		for _, n := range strings.Fields(names) {
			table[n] = v
		}
	}
	put(pyeval.Constant(true), `is_cuda is_cuda_alike is_host_cpu_x86 is_sm90_supported is_flashinfer_available
		is_hopper_with_cuda_12_3 is_sm90a_supported is_sm89_supported cutlass_fp8_supported uses_mla_backend
		is_shared_experts_fusion_disabled`)
	put(pyeval.Constant(false), `is_hip is_npu is_cpu is_xpu is_hpu is_musa is_mps is_rocm is_host_cpu_arm64 is_mlx is_arm64
		cpu_has_amx_support use_intel_amx_backend is_gfx95_supported is_gfx94_supported is_gfx942_supported
		is_gfx950_supported is_hip_gfx95 use_aiter is_sm100_supported is_sm120_supported is_sm100f_supported
		is_sm103_supported is_blackwell is_blackwell_supported is_fp8_fnuz is_nvidia_cublas_version_ge_12_9
		is_dp_attention_enabled enable_moe_dense_fully_dp is_tbo_enabled is_sbo_enabled
		should_use_flashinfer_cutlass_moe_fp4_allgather is_mla_prefill_cp_enabled is_dsa_enable_prefill_cp
		is_prefill_context_parallel_enabled is_nsa_enable_prefill_cp is_allocation_symmetric
		is_flashinfer_fp4_allgather should_use_dp_reduce_scatterv mamba_extra_buffer_enabled
		mamba_extra_buffer_lazy_enabled is_ep_joiner is_ep_scale_joiner layernorm_sp_enabled`)
	put(pyeval.Constant(nil), `log_info_on_rank0 rank0_log print_info_once print_warning_once logger_warn get_stream
		load_joint_head_config set_weight_attrs sharded_weight_loader monkey_patch_weight_loader max_speculative_num_draft_tokens`)
	put(pyeval.Constant("cuda"), "get_device")
	put(pyeval.Constant(0), `get_tensor_model_parallel_rank get_attention_tp_rank get_attn_tensor_model_parallel_rank
		get_moe_expert_parallel_rank get_attention_dp_rank get_pipeline_model_parallel_rank get_attention_cp_rank
		get_moe_tensor_parallel_rank`)
	put(pyeval.Constant(1), `get_moe_expert_parallel_world_size get_attention_dp_size get_pipeline_model_parallel_world_size
		get_attention_cp_size get_attn_context_model_parallel_world_size get_moe_data_parallel_world_size
		get_tensor_model_parallel_world_size get_attention_tp_size get_attn_tensor_model_parallel_world_size
		get_moe_tensor_parallel_world_size configured_tp_size configured_pp_size configured_moe_dp_size configured_attn_cp_size _configured_parallel`)
	put(pyeval.Constant(90), "get_device_sm")
	put(pyeval.Constant(pyeval.NewTuple(9, 0)), "get_device_capability")
	put(pyeval.Constant(pyeval.NewTuple(12, 9)), "get_cuda_version")
	put(pyeval.Constant(pyeval.NewStub("parallel", e.parallelFact)), "get_parallel")
	put(pyeval.Constant(group()), `get_pp_group get_tp_group get_attn_tp_group get_attention_tp_group get_world_group
		get_moe_ep_group get_moe_tp_group`)
	for _, name := range strings.Fields(`exec spec mm lora memory schedule model serving disagg flags observability
		forward resources context server_args`) {
		put(pyeval.Constant(e.serverArgs(name)), "get_"+name)
	}
	put(pyeval.Constant(e.serverArgs("server_args")), "get_global_server_args")
	put(pyeval.Constant(mode("none")), "get_moe_a2a_backend get_speculative_moe_a2a_backend")
	put(pyeval.Constant(mode("auto")), "get_moe_runner_backend get_speculative_moe_runner_backend get_deepep_mode")
	put(pyeval.NewBuiltin("get_bool_env_var", envDefault(false)), "get_bool_env_var")
	put(pyeval.NewBuiltin("get_int_env_var", envDefault(0)), "get_int_env_var")
	addLayerOverrides(put)
	return table
}

// addLayerOverrides adds the helpers that make layers.
func addLayerOverrides(put func(v pyeval.Value, names string)) {
	put(pyeval.NewBuiltin("make_layers", makeLayers), "make_layers")
	put(pyeval.NewBuiltin("make_pp_layers", makeStageLayers), "make_pp_layers")
	put(pyeval.NewBuiltin("make_layers_non_pp", makeAllLayers), "make_layers_non_pp")
	put(pyeval.NewBuiltin("get_pp_indices", func(_ *pyeval.Interp, args []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
		return pyeval.NewTuple(0, pyeval.Argument(args, 0, nil))
	}), "get_pp_indices")
	put(pyeval.NewBuiltin("get_rope", rope), "get_rope get_rope_wrapper get_rope_cpu")
	put(pyeval.NewBuiltin("get_act_fn", opaqueLayer("act_fn", "act_fn_name")), "get_act_fn")
	put(pyeval.NewBuiltin("get_attn_tp_context", opaqueLayer("attn_tp_context")), "get_attn_tp_context")
	put(pyeval.NewBuiltin("LayerCommunicator", opaqueLayer("LayerCommunicator", "layer_scatter_modes", "input_layernorm", "post_attention_layernorm")), "LayerCommunicator")
	put(pyeval.NewBuiltin("append_stages", appendStages), "append_stages")
	put(pyeval.NewStub("LayerScatterModes", func(_ *pyeval.Interp, _ string) pyeval.Value {
		return pyeval.NewBuiltin("LayerScatterModes", opaqueLayer("LayerScatterModes"))
	}), "LayerScatterModes")
	put(pyeval.Constant(pyeval.NewDict()), "get_embedding_tp_kwargs")
	put(pyeval.Constant(pyeval.NewStub("offloader", func(*pyeval.Interp, string) pyeval.Value {
		return pyeval.NewBuiltin("offloader", func(_ *pyeval.Interp, args []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
			return pyeval.Argument(args, 0, nil)
		})
	})), "get_offloader")
}

// envDefault is get_bool_env_var or get_int_env_var: the default given in the
// call.
func envDefault(absent pyeval.Value) pyeval.Native {
	return func(_ *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
		d := kw.Or("default", pyeval.Argument(args, 1, absent))
		if _, isBool := absent.(bool); isBool {
			if s, ok := d.(string); ok {
				s = strings.ToLower(s)
				return s == "true" || s == "1"
			}
		}
		return d
	}
}

// group is a process group of one rank.
func group() *pyeval.Stub {
	var g *pyeval.Stub
	g = pyeval.NewStub("process group", func(in *pyeval.Interp, name string) pyeval.Value {
		switch name {
		case "world_size", "size":
			return 1
		case "rank_in_group", "rank", "local_rank":
			return 0
		case "is_first_rank", "is_last_rank":
			return true
		case "__call__":
			return g
		}
		return pyeval.Unknownf("process group's %s", name)
	})
	return g
}

// parallelFact is an attribute of get_parallel().
func (e *Engine) parallelFact(in *pyeval.Interp, name string) pyeval.Value {
	switch {
	case strings.HasSuffix(name, "_group"):
		return group()
	case name == "tp_size", name == "attn_tp_size", name == "world_size", name == "moe_tp_size":
		return 1
	case strings.HasSuffix(name, "_size"):
		switch v := e.serverDefault(name).(type) {
		case int, nil: // None: not set
			return v
		}
		return 1
	case strings.HasSuffix(name, "_rank"):
		return 0
	case name == "dcp_enabled":
		return false
	}
	if v := e.serverDefault(name); !pyeval.IsMissing(v) {
		return v
	}
	return pyeval.Unknownf("parallel.%s", name)
}

// serverArgs is the server's arguments, or a group of them: each attribute
// has the default that the class ServerArgs gives it.
func (e *Engine) serverArgs(path string) *pyeval.Stub {
	var args *pyeval.Stub
	args = pyeval.NewStub(path, func(in *pyeval.Interp, name string) pyeval.Value {
		switch name {
		case "__call__":
			return args
		case "disable_shared_experts_fusion", "speculative_disable_shared_experts_fusion":
			return true
		case "tp_size":
			return 1
		case "num_fused_shared_experts":
			return 0
		}
		if v := e.serverDefault(name); !pyeval.IsMissing(v) {
			return v
		}
		for _, p := range []string{"enable_", "is_", "use_", "has_", "in_"} {
			if strings.HasPrefix(name, p) {
				return false
			}
		}
		if strings.Count(path, ".") < 2 && !strings.HasPrefix(path, "server") {
			return e.serverArgs(path + "." + name)
		}
		return pyeval.Unknownf("%s.%s", path, name)
	})
	return args
}

// mode is an enumeration of the environment that has the value given: its
// is_x() says whether it is x.
func mode(v string) *pyeval.Stub {
	return pyeval.NewStub(v, func(in *pyeval.Interp, name string) pyeval.Value {
		if is, ok := strings.CutPrefix(name, "is_"); ok {
			return pyeval.Constant(is == v)
		}
		if name == "value" || name == "name" {
			return v
		}
		return pyeval.Unknownf("mode %s.%s", v, name)
	})
}

// environmentVariable is envs.NAME, with get() giving its default.
func (e *Engine) environmentVariable(_ *pyeval.Interp, name string) pyeval.Value {
	return pyeval.NewStub("envs."+name, func(in *pyeval.Interp, attr string) pyeval.Value {
		switch attr {
		case "get":
			return pyeval.Constant(e.envDefaultOf(name))
		case "is_set":
			return pyeval.Constant(false)
		}
		return pyeval.Unknownf("envs.%s.%s", name, attr)
	})
}

// serverDefault is the default of a field of ServerArgs; Missing when it has
// none.
func (e *Engine) serverDefault(name string) pyeval.Value {
	if e.server == nil {
		e.server = map[string]pyeval.Value{}
		for _, file := range e.Program.Files(ServerFieldsDir) {
			e.readServerFields(ModuleName(file), "")
		}
		e.readServerFields(ServerModule, "ServerArgs")
	}
	if v, ok := e.server[name]; ok {
		return v
	}
	return pyeval.Missing{}
}

// readServerFields reads the annotated assignments of a module's class, or of all
// when it is "": they define server arguments.
func (e *Engine) readServerFields(module, class string) {
	m := e.Module(module)
	if m == nil {
		return
	}
	for _, s := range m.Tree.Body {
		c, ok := s.(*pysrc.ClassDef)
		if !ok || class != "" && c.Name != class {
			continue
		}
		for _, field := range c.Body {
			if a, ok := field.(*pysrc.AssignStmt); ok && a.Annotated {
				if n, ok := a.Targets[0].(*pysrc.Name); ok {
					e.server[n.ID] = e.literalDefault(a.Value, "server argument "+n.ID)
				}
			}
		}
	}
}

// envDefaultOf is the default of an environment variable of srt/environ.py.
func (e *Engine) envDefaultOf(name string) pyeval.Value {
	if e.envs == nil {
		e.envs = map[string]pyeval.Value{}
		if m := e.Module(EnvironModule); m != nil {
			e.readEnvironment(m.Tree.Body)
		}
	}
	if v, ok := e.envs[name]; ok {
		return v
	}
	return pyeval.Unknownf("environment variable %s", name)
}

func (e *Engine) readEnvironment(body []pysrc.Stmt) {
	for _, s := range body {
		switch s := s.(type) {
		case *pysrc.ClassDef:
			e.readEnvironment(s.Body)
		case *pysrc.AssignStmt:
			call, isCall := s.Value.(*pysrc.Call)
			if !isCall || len(s.Targets) != 1 {
				continue
			}
			n, isName := s.Targets[0].(*pysrc.Name)
			kind, isKind := call.Fn.(*pysrc.Name)
			if isName && isKind && (strings.HasPrefix(kind.ID, "Env") || kind.ID == "_EnvField") {
				e.envs[n.ID] = e.literalDefault(call, "environment variable "+n.ID)
			}
		}
	}
}
