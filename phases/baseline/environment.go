package baseline

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// The run-time environment that the reader takes for granted: one CUDA device
// of Hopper's generation, pipeline parallelism 1 (first and last rank), the
// given tensor parallelism, no expert parallelism, server arguments and
// environment variables at their defaults.

// Name gives the value that stands for a function of SGLang whose result is a
// fact of the environment; nil when there is none.
func (e *engine) Name(_ *interp, modname, name string) value {
	if name == "current_platform" {
		return platform()
	}
	if !inSGLang(modname) {
		return nil
	}
	switch {
	case name == "envs" && strings.HasSuffix(modname, ".environ"):
		return newStub("envs", e.environmentVariable)
	case name == "logger":
		return silentStub("logger")
	}
	return e.overrides[name]
}

func platform() *stub {
	return newStub("platform", func(in *interp, name string) value {
		if strings.HasPrefix(name, "is_") {
			return constant(name == "is_cuda" || name == "is_cuda_alike")
		}
		return constant(unknownf("platform.%s", name))
	})
}

// newOverrides makes the table of functions whose result the environment
// decides.
func (e *engine) newOverrides() map[string]value {
	table := map[string]value{}
	put := func(v value, names string) {
		for _, n := range strings.Fields(names) {
			table[n] = v
		}
	}
	put(constant(true), `is_cuda is_cuda_alike is_host_cpu_x86 is_sm90_supported is_flashinfer_available
		is_hopper_with_cuda_12_3 is_sm90a_supported is_sm89_supported cutlass_fp8_supported uses_mla_backend`)
	put(constant(false), `is_hip is_npu is_cpu is_xpu is_hpu is_musa is_mps is_rocm is_host_cpu_arm64 is_mlx is_arm64
		cpu_has_amx_support use_intel_amx_backend is_gfx95_supported is_gfx94_supported is_gfx942_supported
		is_gfx950_supported is_hip_gfx95 use_aiter is_sm100_supported is_sm120_supported is_sm100f_supported
		is_sm103_supported is_blackwell is_blackwell_supported is_fp8_fnuz is_nvidia_cublas_version_ge_12_9
		is_dp_attention_enabled enable_moe_dense_fully_dp is_tbo_enabled is_sbo_enabled
		should_use_flashinfer_cutlass_moe_fp4_allgather is_mla_prefill_cp_enabled is_dsa_enable_prefill_cp
		is_prefill_context_parallel_enabled is_nsa_enable_prefill_cp is_allocation_symmetric
		is_flashinfer_fp4_allgather should_use_dp_reduce_scatterv mamba_extra_buffer_enabled
		mamba_extra_buffer_lazy_enabled is_ep_joiner is_ep_scale_joiner layernorm_sp_enabled`)
	put(constant(nil), `log_info_on_rank0 rank0_log print_info_once print_warning_once logger_warn get_stream
		load_joint_head_config set_weight_attrs sharded_weight_loader monkey_patch_weight_loader max_speculative_num_draft_tokens`)
	put(constant("cuda"), "get_device")
	put(constant(0), `get_tensor_model_parallel_rank get_attention_tp_rank get_attn_tensor_model_parallel_rank
		get_moe_expert_parallel_rank get_attention_dp_rank get_pipeline_model_parallel_rank get_attention_cp_rank
		get_moe_tensor_parallel_rank`)
	put(constant(1), `get_moe_expert_parallel_world_size get_attention_dp_size get_pipeline_model_parallel_world_size
		get_attention_cp_size get_attn_context_model_parallel_world_size get_moe_data_parallel_world_size
		configured_pp_size configured_moe_dp_size configured_attn_cp_size _configured_parallel`)
	put(constant(e.env.TP),
		`get_tensor_model_parallel_world_size get_attention_tp_size get_attn_tensor_model_parallel_world_size
		get_moe_tensor_parallel_world_size configured_tp_size`)
	put(constant(e.env.SM), "get_device_sm")
	put(constant(e.capability()), "get_device_capability")
	put(constant(newTuple(12, 9)), "get_cuda_version")
	put(constant(e.env.FusionDisabled), "is_shared_experts_fusion_disabled")
	put(constant(newStub("parallel", e.parallelFact)), "get_parallel")
	put(constant(group()), `get_pp_group get_tp_group get_attn_tp_group get_attention_tp_group get_world_group
		get_moe_ep_group get_moe_tp_group`)
	for _, name := range strings.Fields(`exec spec mm lora memory schedule model serving disagg flags observability
		forward resources context server_args`) {
		put(constant(e.serverArgs(name)), "get_"+name)
	}
	put(constant(e.serverArgs("server_args")), "get_global_server_args")
	put(constant(mode("none")), "get_moe_a2a_backend get_speculative_moe_a2a_backend")
	put(constant(mode("auto")), "get_moe_runner_backend get_speculative_moe_runner_backend get_deepep_mode")
	put(newBuiltin("get_bool_env_var", envDefault(false)), "get_bool_env_var")
	put(newBuiltin("get_int_env_var", envDefault(0)), "get_int_env_var")
	addLayerOverrides(put)
	return table
}

// addLayerOverrides adds the helpers that make layers.
func addLayerOverrides(put func(v value, names string)) {
	put(newBuiltin("make_layers", makeLayers), "make_layers")
	put(newBuiltin("make_pp_layers", func(in *interp, args []value, kw *namespace) value {
		ranked := kw.clone()
		ranked.set("pp_rank", 0)
		ranked.set("pp_size", 1)
		return makeLayers(in, args, ranked)
	}), "make_pp_layers")
	put(newBuiltin("make_layers_non_pp", func(in *interp, args []value, kw *namespace) value {
		plain := kw.clone()
		plain.delete("pp_rank")
		plain.delete("pp_size")
		return makeLayers(in, args[:min(len(args), 2)], plain)
	}), "make_layers_non_pp")
	put(newBuiltin("get_pp_indices", func(_ *interp, args []value, _ *namespace) value {
		return newTuple(0, argument(args, 0, nil))
	}), "get_pp_indices")
	put(newBuiltin("get_rope", rope), "get_rope get_rope_wrapper get_rope_cpu")
	put(newBuiltin("get_act_fn", opaqueLayer("act_fn", "act_fn_name")), "get_act_fn")
	put(newBuiltin("get_attn_tp_context", opaqueLayer("attn_tp_context")), "get_attn_tp_context")
	put(newBuiltin("LayerCommunicator", opaqueLayer("LayerCommunicator", "layer_scatter_modes", "input_layernorm", "post_attention_layernorm")), "LayerCommunicator")
	put(newBuiltin("append_stages", appendStages), "append_stages")
	put(newStub("LayerScatterModes", func(_ *interp, _ string) value {
		return newBuiltin("LayerScatterModes", opaqueLayer("LayerScatterModes"))
	}), "LayerScatterModes")
	put(constant(newDict()), "get_embedding_tp_kwargs")
	put(constant(newStub("offloader", func(*interp, string) value {
		return newBuiltin("offloader", func(_ *interp, args []value, _ *namespace) value { return argument(args, 0, nil) })
	})), "get_offloader")
}

// envDefault is get_bool_env_var or get_int_env_var: the default given in the
// call.
func envDefault(absent value) native {
	return func(_ *interp, args []value, kw *namespace) value {
		d := argument(args, 1, absent)
		if v, ok := kw.get("default"); ok {
			d = v
		}
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
func group() *stub {
	var g *stub
	g = newStub("process group", func(in *interp, name string) value {
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
		return unknownf("process group's %s", name)
	})
	return g
}

// parallelFact is an attribute of get_parallel().
func (e *engine) parallelFact(in *interp, name string) value {
	switch {
	case strings.HasSuffix(name, "_group"):
		return group()
	case name == "tp_size", name == "attn_tp_size", name == "world_size", name == "moe_tp_size":
		return e.env.TP
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
	if v := e.serverDefault(name); !isMissing(v) {
		return v
	}
	return unknownf("parallel.%s", name)
}

// serverArgs is the server's arguments, or a group of them: each attribute
// has the default that the class ServerArgs gives it.
func (e *engine) serverArgs(path string) *stub {
	var args *stub
	args = newStub(path, func(in *interp, name string) value {
		switch name {
		case "__call__":
			return args
		case "disable_shared_experts_fusion", "speculative_disable_shared_experts_fusion":
			return e.env.FusionDisabled
		case "tp_size":
			return e.env.TP
		case "num_fused_shared_experts":
			if e.env.FusionDisabled {
				return 0
			}
		}
		if v := e.serverDefault(name); !isMissing(v) {
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
		return unknownf("%s.%s", path, name)
	})
	return args
}

// mode is an enumeration of the environment that has the value given: its
// is_x() says whether it is x.
func mode(v string) *stub {
	return newStub(v, func(in *interp, name string) value {
		if is, ok := strings.CutPrefix(name, "is_"); ok {
			return constant(is == v)
		}
		if name == "value" || name == "name" {
			return v
		}
		return unknownf("mode %s.%s", v, name)
	})
}

// environmentVariable is envs.NAME, with get() giving its default.
func (e *engine) environmentVariable(_ *interp, name string) value {
	return newStub("envs."+name, func(in *interp, attr string) value {
		switch attr {
		case "get":
			return constant(e.envDefaultOf(name))
		case "is_set":
			return constant(false)
		}
		return unknownf("envs.%s.%s", name, attr)
	})
}

// serverDefault is the default of a field of ServerArgs; missing{} when it has
// none.
func (e *engine) serverDefault(name string) value {
	if e.server == nil {
		e.server = map[string]value{}
		for _, f := range e.serverFields() {
			if n, ok := f.Targets[0].(*pysrc.Name); ok {
				e.server[n.ID] = literalDefault(f.Value, "server argument "+n.ID)
			}
		}
	}
	if v, ok := e.server[name]; ok {
		return v
	}
	return missing{}
}

// serverFields are the annotated assignments that define server arguments.
func (e *engine) serverFields() []*pysrc.AssignStmt {
	var out []*pysrc.AssignStmt
	collect := func(name string, accept func(class string) bool) {
		m := e.module(name)
		if m == nil {
			return
		}
		for _, s := range m.tree.Body {
			c, ok := s.(*pysrc.ClassDef)
			if !ok || !accept(c.Name) {
				continue
			}
			for _, field := range c.Body {
				if a, ok := field.(*pysrc.AssignStmt); ok && a.Annotated {
					out = append(out, a)
				}
			}
		}
	}
	for _, file := range e.program.Files(serverFieldsDir) {
		collect(moduleName(file), func(string) bool { return true })
	}
	collect(serverModule, func(class string) bool { return class == "ServerArgs" })
	return out
}

// envDefaultOf is the default of an environment variable of srt/environ.py.
func (e *engine) envDefaultOf(name string) value {
	if e.envs == nil {
		e.envs = map[string]value{}
		if m := e.module(environModule); m != nil {
			e.readEnvironment(m.tree.Body)
		}
	}
	if v, ok := e.envs[name]; ok {
		return v
	}
	return unknownf("environment variable %s", name)
}

func (e *engine) readEnvironment(body []pysrc.Stmt) {
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
				e.envs[n.ID] = literalDefault(call, "environment variable "+n.ID)
			}
		}
	}
}
